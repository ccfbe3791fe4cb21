"""The figures and sentences that every format begins with: balance, daily spend, depletion."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.describe import sentence
from usage_tracker.render.dates import Calendar
from usage_tracker.render.phrases import has_ended, rate_window_phrase, records, worth
from usage_tracker.reporting.model import AccountReport, Period, Rate, Report

# The windows that a daily rate is taken from, best first: a week has one of each weekday, and
# an hour is too short.
_DAILY_RATES = ("7d", "30d", "24h")
_URGENT_DAYS = 7
_MOST_NAMES = 4
# The decimals of a statement whose largest line is at least so many dollars.
_STATEMENT_PLACES, _MOST_PLACES = ((1.0, 2), (0.001, 4)), 6
_NEVER = dt.timedelta.max
# A history is younger than the window if more than this share of it lies before the first snapshot.
_YOUNG = 0.02

# The sign of a line, its name, and the field of the Reconciliation that holds its units.
_STATEMENT_LINES = (
    ("", "opening balance", "opening"),
    ("+", "top-ups", "top_ups"),
    ("+", "refunds", "refunds"),
    ("±", "adjustments", "adjustments"),
    ("+", "spend paid by others", "covered"),
    ("\N{MINUS SIGN}", "spend", "spend"),
    ("\N{MINUS SIGN}", "uncounted", "uncounted"),
    ("±", "in flight", "in_flight"),
    ("=", "closing balance", "closing"),
)

_RARE_LINES = frozenset({"covered", "uncounted"})
"""The lines that are shown only where they are not zero."""


def daily_rate(account: AccountReport) -> Rate | None:
    """Return the rate that is the best estimate of the daily spend, if any is known."""
    known = {rate.window: rate for rate in records(account.rates) if rate.usd_per_day is not None}
    return next((known[window] for window in _DAILY_RATES if window in known), None)


def left(account: AccountReport) -> str:
    """Return the balance: `$65.48`."""
    return formatting.dollars(account.balance.usd if account.balance else None)


def per_day(account: AccountReport) -> str:
    """Return the daily spend: `$10.41`."""
    rate = daily_rate(account)
    return formatting.dollars(rate.usd_per_day if rate else None)


def balance_sentence(account: AccountReport, report: Report) -> str:
    """Return the balance and the daily spend: `$65.48 left, $10.41 a day (last 7 days).`.

    The rate of a window that has ended is given with its end: `(7 days to Fri 20 Nov)`.
    """
    if account.balance is None:
        return "No snapshot yet."
    overdrawn, rate = account.balance.usd < 0, daily_rate(account)
    balance = f"{left(account)} left"
    if overdrawn:
        balance = f"Overdrawn by {formatting.dollars(-account.balance.usd)}"
    if rate is None:
        return f"{balance}; {_why_no_rate(account, report)}."
    daily = f"{per_day(account)} a day ({rate_window_phrase(rate, report)})"
    return f"{balance}; spending {daily}." if overdrawn else f"{balance}, {daily}."


def _why_no_rate(account: AccountReport, report: Report) -> str:
    if has_ended(report):
        return f"the daily spend up to {Calendar.of(report).day(report.until)} is unknown"
    if account.depletion.state == "insufficient_data":
        return "too little history for a daily spend"
    return "the recent daily spend is unknown"


def counted(accounts: Iterable[AccountReport]) -> list[AccountReport]:
    """Return the accounts that a sum adds up: not the retired, and of each user the newest."""
    current = [account for account in accounts if not account.retired]
    by_name = {account.account: account for account in current}
    return [
        account for account in current if account is max(_same_user(account, by_name), key=_newest)
    ]


def total_balance(accounts: Iterable[AccountReport]) -> str:
    """Return the sum of the balances above zero, and of those below: they do not offset each other.

    `$26.77 left; 1 overdrawn by $1,985`
    """
    balances = [account.balance.usd for account in counted(accounts) if account.balance]
    debts = [-balance for balance in balances if balance < 0]
    total = f"{formatting.dollars(sum(balance for balance in balances if balance > 0))} left"
    if not debts:
        return total
    return f"{total}; {len(debts):,} overdrawn by {formatting.dollars(sum(debts))}"


def total_per_day(accounts: Iterable[AccountReport]) -> str:
    """Return the sum of the known daily rates."""
    rates = [rate.usd_per_day or 0.0 for rate in map(daily_rate, counted(accounts)) if rate]
    return formatting.dollars(sum(rates) if rates else None)


def sum_notes(accounts: Iterable[AccountReport]) -> str:
    """Return what a sum leaves out, in sentences; empty if nothing."""
    every = list(accounts)
    current = {account.account: account for account in every if not account.retired}
    users = {
        tuple(sorted(each.account for each in _same_user(account, current)))
        for account in current.values()
    }
    parts = [
        f"{_listed(user)} are the same user: counted once." for user in sorted(users) if user[1:]
    ]
    left = sorted(account.account for account in every if account.retired)
    if left:
        verb = "is" if len(left) == 1 else "are"
        parts.append(f"{_listed(left)} {verb} not configured: not counted.")
    return " ".join(parts)


def _same_user(account: AccountReport, current: Mapping[str, AccountReport]) -> list[AccountReport]:
    """Return the account and the others of the same user."""
    return [account, *(current[name] for name in account.same_user if name in current)]


def _newest(account: AccountReport) -> tuple[dt.datetime, str]:
    return account.snapshots.latest or dt.datetime.min.replace(tzinfo=dt.UTC), account.account


def _listed(names: Sequence[str]) -> str:
    """Return some names: `a`, `a and b`, `a, b and 7 more`."""
    shown = [formatting.plain(name) for name in names[:_MOST_NAMES]]
    if len(names) > len(shown):
        shown[-1:] = [f"{len(names) - len(shown) + 1:,} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if shown[1:] else shown[0]


def forecast_sentence(account: AccountReport, calendar: Calendar) -> str:
    """Return the forecast in a sentence; empty if the account is overdrawn, as its balance says."""
    overdrawn = account.balance is not None and account.balance.usd < 0
    if overdrawn and account.depletion.state == "depleted":
        return ""
    return depletion_sentence(account.depletion, calendar)


def depletion_sentence(depletion: Depletion, calendar: Calendar) -> str:
    """Return when the balance runs out, or why that is unknown."""
    return f"{sentence(depletion, calendar.tz)}."


def snapshots_sentence(account: AccountReport, report: Report) -> str:
    """Return the number of snapshots and failures, the coverage and the age of the data.

    The coverage of a history younger than the window is that since its first snapshot.
    """
    seen = account.snapshots
    failures = formatting.count_noun(seen.failures, "failed attempt")
    age = formatting.age(seen.age_seconds)
    last = "" if seen.age_seconds is None else f"; the last snapshot is {age} old"
    if seen.count == 0:
        return f"No snapshots in this window, {failures}{last}."
    counted = formatting.count_noun(seen.count, "snapshot")
    return f"{counted}{_coverage(account, report)}, {failures}{last}."


def _coverage(account: AccountReport, report: Report) -> str:
    """Return `, 98 % of the time known`, or ` since Mon 2 Nov, no gaps`."""
    seen = account.snapshots
    gaps = [event for event in records(account.events) if event.kind == "gap"]
    window = report.until - report.since
    young = seen.first is not None and seen.first - report.since > window * _YOUNG
    if not young or any(gap.after < report.since for gap in gaps):
        return f", {formatting.percent(seen.coverage)} of the time known"
    first, length = seen.first, (seen.last or report.until) - (seen.first or report.since)
    since = f" since {Calendar.of(report).minute(first)}"
    if not length or not gaps:
        return f"{since}, no gaps" if length else since
    known = min((seen.coverage or 0.0) * (window / length), 1.0)
    return f"{since}, {formatting.percent(known)} of that time known"


def known_periods(account: AccountReport) -> list[Period]:
    """Return the periods from the first one whose spend is known."""
    return list(dropwhile(lambda period: period.usd is None, records(account.periods)))


def start_of_history(account: AccountReport) -> dt.datetime | None:
    """Return the first snapshot of all if it lies in the window, after its first period."""
    unknown_before = any(period.closing is None for period in records(account.periods)[:1])
    return account.snapshots.first if unknown_before else None


def spend_start(account: AccountReport, report: Report) -> dt.datetime:
    """Return the start of the known spend."""
    known = known_periods(account)
    return start_of_history(account) or (known[0].start if known else report.since)


def spent(account: AccountReport) -> int | None:
    """Return the units spent in the window; unknown if there is only one snapshot."""
    return account.reconciliation.spend if known_periods(account) else None


def has_statement(account: AccountReport) -> bool:
    """Return whether there is a statement: its spend and its closing balance are known."""
    return spent(account) is not None and account.reconciliation.closing is not None


def statement(account: AccountReport) -> list[tuple[str, str, str, int | None]]:
    """Return the sign, the name, the dollars and the units of the reconciliation's lines.

    The dollars are in cents except for an account so small that cents would hide everything:
    the decimals must not change from report to report. Only the units add up exactly.
    """
    lines = [
        (sign, name, units)
        for sign, name, field in _STATEMENT_LINES
        if (units := getattr(account.reconciliation, field)) or field not in _RARE_LINES
    ]
    largest = max(abs(worth(units, account) or 0.0) for *_, units in lines) or 1.0
    places = next((places for size, places in _STATEMENT_PLACES if largest >= size), _MOST_PLACES)
    return [
        (sign, name, formatting.dollars(worth(units, account), places), units)
        for sign, name, units in lines
    ]


def is_urgent(account: AccountReport, now: dt.datetime) -> bool:
    """Return whether the balance is used up, or may be within a week if nothing refills it."""
    if account.depletion.state == "refilled":
        return False
    low = account.depletion.low
    return account.depletion.state == "depleted" or (
        low is not None and low - now < dt.timedelta(days=_URGENT_DAYS)
    )


def days_left(account: AccountReport, now: dt.datetime) -> str:
    """Return the days until the median depletion, `>365` beyond the horizon, `—` if unknown.

    They are unknown of an account that is refilled.
    """
    if account.depletion.state == "beyond_horizon":
        return ">365"
    end = _depletion_time(account, now)
    return formatting.day_count(None if end is None else max((end - now) / dt.timedelta(days=1), 0))


def by_days_left(accounts: Iterable[AccountReport], now: dt.datetime) -> list[AccountReport]:
    """Return `accounts` by their days left; those without snapshots and the retired are last."""

    def rank(account: AccountReport) -> tuple[bool, bool, dt.timedelta, dt.timedelta]:
        end = _depletion_time(account, now)
        linear = None if account.depletion.state == "refilled" else account.depletion.linear
        return (
            account.retired,
            account.balance is None,
            _NEVER if end is None else end - now,
            _NEVER if linear is None else linear - now,
        )

    return sorted(accounts, key=rank)


def _depletion_time(account: AccountReport, now: dt.datetime) -> dt.datetime | None:
    if account.depletion.state == "refilled":
        return None
    return now if account.depletion.state == "depleted" else account.depletion.median
