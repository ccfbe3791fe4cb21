"""What every face says first about an account: what is left, what a day costs, when it ends."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import fields
from itertools import dropwhile

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.describe import sentence
from usage_tracker.money import usd
from usage_tracker.render import phrases
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import FLEET as FLEET  # noqa: PLC0414 (the faces' as well)
from usage_tracker.reporting.model import AccountReport, Period, Rate, Report

# An hour is too short to speak for a day; a week holds one of each weekday.
_SPEAKING_WINDOWS = ("7d", "30d", "24h")
_SOON = 7
# The decimals of a statement by the least size of its largest line.
_STATEMENT_PLACES, _FINEST = ((1.0, 2), (0.001, 4)), 6
_NEVER = dt.timedelta.max
# The part of a window before the first snapshot from which on the history is a younger one.
_NOTICEABLE = 0.02


def usual_rate(account: AccountReport) -> Rate | None:
    """The rate that tells best what a day costs, if any is known."""
    known = {rate.window: rate for rate in account.rates if rate.usd_per_day is not None}
    return next((known[name] for name in _SPEAKING_WINDOWS if name in known), None)


def standing(account: AccountReport, report: Report) -> str:
    """What is left and what a day costs: `$65.48 left, $10.41 a day (last 7 days).`.

    The rate of a window that has ended is told with its end: `(7 days to Fri 20 Nov)`.
    """
    if account.balance is None:
        return "No snapshot yet."
    worth, rate = account.balance.usd, usual_rate(account)
    left = f"{formatting.dollars(worth)} left"
    if worth < 0:
        left = f"Overdrawn by {formatting.dollars(-worth)}"
    if worth < 0 and rate is not None:
        spending = formatting.dollars(rate.usd_per_day)
        return f"{left}; spending {spending} a day ({phrases.rate_window_phrase(rate, report)})."
    if rate is None:
        return f"{left}; {_why_no_rate(account, report)}."
    daily, window = formatting.dollars(rate.usd_per_day), phrases.rate_window_phrase(rate, report)
    return f"{left}, {daily} a day ({window})."


def is_overdrawn(account: AccountReport) -> bool:
    """Whether less than nothing is left: then the standing says all there is to say of the end."""
    return account.balance is not None and account.balance.usd < 0


def pooled(accounts: Iterable[AccountReport]) -> str:
    """What accounts have left together: no credit of one pays the debt of another.

    `$26.77 left; 1 overdrawn by $1,985`
    """
    balances = [account.balance.usd for account in accounts if account.balance]
    debts = [-balance for balance in balances if balance < 0]
    left = f"{formatting.dollars(sum(balance for balance in balances if balance > 0))} left"
    if not debts:
        return left
    return f"{left}; {len(debts):,} overdrawn by {formatting.dollars(sum(debts))}"


def _why_no_rate(account: AccountReport, report: Report) -> str:
    if phrases.has_ended(report):
        return f"what a day cost up to {Calendar.of(report).day(report.until)} is not known"
    if account.depletion.state == "insufficient_data":
        return "it is too early to say what a day costs"
    return "what a day cost of late is not known"


def statement_places(account: AccountReport) -> int:
    """The decimals for the lines of the reconciliation.

    Cents, but for an account so tiny that they would tell nothing. Two runs so never differ
    by their decimals; it is the units beside them that add up to the last.
    """
    told = account.reconciliation
    lines = (getattr(told, line.name) for line in fields(told))
    largest = max(abs(usd(units or 0, account.quota_per_unit)) for units in lines) or 1.0
    return next((places for size, places in _STATEMENT_PLACES if largest >= size), _FINEST)


def verdict(account: AccountReport, calendar: Calendar) -> str:
    """The outlook beside what is left: nothing of an overdrawn account, which says it all."""
    if is_overdrawn(account) and account.depletion.state == "depleted":
        return ""
    return outlook(account.depletion, calendar)


def outlook(depletion: Depletion, calendar: Calendar) -> str:
    """When the balance runs out, in a sentence, or why that cannot be said."""
    return f"{sentence(depletion, calendar.tz)}."


def foundation(account: AccountReport, report: Report) -> str:
    """The snapshots that all of it stands on, in a sentence.

    A history younger than the window is judged from its first snapshot on.
    """
    seen = account.snapshots
    failures = formatting.counted(seen.failures, "failed attempt")
    age = formatting.age(seen.age_seconds)
    last = "" if seen.age_seconds is None else f"; the last snapshot is {age} old"
    if seen.count == 0:
        return f"No snapshots in this window, {failures}{last}."
    counted = formatting.counted(seen.count, "snapshot")
    return f"{counted}{_known(account, report)}, {failures}{last}."


def _known(account: AccountReport, report: Report) -> str:
    """How much of the time is known: `, 98 % of the time known`, ` since Mon 2 Nov, no gaps`."""
    seen = account.snapshots
    gaps = [event for event in account.events if event.kind == "gap"]
    window = report.until - report.since
    young = seen.first is not None and seen.first - report.since > window * _NOTICEABLE
    if not young or any(gap.after < report.since for gap in gaps):
        return f", {formatting.percent(seen.coverage)} of the time known"
    first, lasted = seen.first, (seen.last or report.until) - (seen.first or report.since)
    since = f" since {Calendar.of(report).minute(first)}"
    if not lasted or not gaps:
        return f"{since}, no gaps" if lasted else since
    known = min((seen.coverage or 0.0) * (window / lasted), 1.0)
    return f"{since}, {formatting.percent(known)} of that time known"


def known_periods(account: AccountReport) -> tuple[Period, ...]:
    """The periods from the first known one on: a young history's own, not its window's."""
    return tuple(dropwhile(lambda period: period.usd is None, account.periods))


def beginning(account: AccountReport) -> dt.datetime | None:
    """The first snapshot of all, if it lies in the window and not in its first period."""
    unknown_before = bool(account.periods) and account.periods[0].closing is None
    return account.snapshots.first if unknown_before else None


def told_since(account: AccountReport, report: Report) -> dt.datetime:
    """From when on the spend of the window is told."""
    known = known_periods(account)
    return beginning(account) or (known[0].start if known else report.since)


def spent(account: AccountReport) -> int | None:
    """The units spent in the window; a lone snapshot tells nothing of what was."""
    return account.reconciliation.spend if known_periods(account) else None


def has_statement(account: AccountReport) -> bool:
    """Whether there is a statement to show: none where the spend is unknown."""
    return spent(account) is not None and account.reconciliation.closing is not None


def is_urgent(account: AccountReport, now: dt.datetime) -> bool:
    """Whether the balance is used up, or may well be within a week."""
    left = days_until(account.depletion.low, now)
    return account.depletion.state == "depleted" or (left is not None and left < _SOON)


def days_until(moment: dt.datetime | None, now: dt.datetime) -> float | None:
    """The days from `now` to `moment`, never below 0."""
    return None if moment is None else max((moment - now) / dt.timedelta(days=1), 0.0)


def days_left(account: AccountReport, now: dt.datetime) -> str:
    """The days until even odds, `>365` beyond the horizon, unknown where there is no forecast."""
    if account.depletion.state == "beyond_horizon":
        return ">365"
    return formatting.day_count(days_until(_end(account, now), now))


def by_days_left(accounts: Iterable[AccountReport], now: dt.datetime) -> list[AccountReport]:
    """`accounts`, those that run out first coming first and those that say nothing last."""

    def rank(account: AccountReport) -> tuple[bool, dt.timedelta, dt.timedelta]:
        ends, linear = _end(account, now), account.depletion.linear
        return (
            account.balance is None,
            _NEVER if ends is None else ends - now,
            _NEVER if linear is None else linear - now,
        )

    return sorted(accounts, key=rank)


def _end(account: AccountReport, now: dt.datetime) -> dt.datetime | None:
    return now if account.depletion.state == "depleted" else account.depletion.median
