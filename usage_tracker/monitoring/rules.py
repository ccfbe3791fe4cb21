"""The rules of `tracker check` and of the notices: days left, balance, budget, spike, stale.

* Days are counted to the early end of the forecast's interval, so that the warning
  comes in time.
* A forecast wavers: it must be worse for three hours to worsen an alert, and twice the
  threshold for a day to improve it, unless credit was added. On 68 histories with a
  top-up every fortnight this leaves one notice in four months that is reversed within
  two days; without it there is one every four days.
* An account that is refilled alerts only once the refill is overdue or too small: then it is
  `projected` like any other.
* A balance must be a tenth over its threshold to improve an alert.
* Days and months are those of the report's zone.
* A rule that does not apply returns no finding: no budget, a history of less than a
  week, no forecast in the first day. A rule that lacks data returns UNKNOWN.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from usage_tracker import formatting
from usage_tracker.config.thresholds import Thresholds
from usage_tracker.formatting import WITHOUT_CREDIT, dollars
from usage_tracker.monitoring.spikes import spike_limit
from usage_tracker.store.alerts import Level
from usage_tracker.times import DAY, GAP_LOOKBACK, HOUR, SECOND, gap_limit, parse_zone

if TYPE_CHECKING:  # the report imports pandas, which `tracker doctor` does not need
    from usage_tracker.reporting import AccountReport, Period, Report

DAYS_SLACK = 2.0
WORSENS_AFTER = 3 * HOUR
IMPROVES_AFTER = DAY
BALANCE_SLACK = 1.1
BUDGET_SHARE = 0.8
USD_DECIMALS = 6
"""A call may cost less than a cent."""

RECENT_SNAPSHOTS = GAP_LOOKBACK + 1
"""The number of snapshots from which `stale_after` takes the usual interval."""

_FEWEST_SNAPSHOTS = 3
_ONE_DAY = dt.timedelta(days=1)

Rule = Literal["days", "balance", "budget", "spike", "stale"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with the alert ranges of the Nagios guidelines (`7:` alerts below 7)."""

    value: float | None
    unit: Literal["", "s"] = ""
    warning: str = ""
    critical: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one rule.

    `level` follows from the thresholds, `hold` from wider ones: an alert does not
    improve beyond `hold`. A change of the alert waits for `worsens_after` or
    `improves_after` (ms). `text` gives the reason.
    """

    rule: Rule
    level: Level
    hold: Level
    text: str
    measure: Measure
    worsens_after: int = 0
    improves_after: int = 0


def decimal(value: float) -> str:
    """Return `value` with at most six decimals, without trailing zeros or an exponent."""
    return f"{round(value, USD_DECIMALS) + 0.0:.{USD_DECIMALS}f}".rstrip("0").rstrip(".")


def stale_after(newest_first: Sequence[int], maximum: int | None) -> int:
    """Return the age in ms above which the last snapshot is stale: `maximum` or, if None, a gap.

    `newest_first` are the moments of the last `RECENT_SNAPSHOTS` (UTC ms). Fewer than
    three show no usual interval yet: a day.
    """
    if maximum is not None:
        return maximum
    if len(newest_first) < _FEWEST_SNAPSHOTS:
        return DAY
    return round(gap_limit([late - early for late, early in pairwise(newest_first)]))


def evaluate(
    report: "Report",
    account: "AccountReport",
    thresholds: Thresholds,
    max_age: int,
    failure: str | None = None,
) -> tuple[Finding, ...]:
    """Return the findings on `account`, whose periods in `report` are days since the month began.

    A snapshot older than `max_age` (ms) is stale; `failure` describes the failed attempts
    since then.
    """
    age = account.snapshots.age_seconds
    if account.balance is None or age is None:
        return (no_snapshot(),)
    found = (
        _stale(age, max_age, failure),
        _days(report, account, thresholds),
        _balance(account.balance.usd, account.depletion.state, thresholds),
        _budget(report, account, thresholds),
        _spike(report, account, thresholds),
    )
    return tuple(finding for finding in found if finding is not None)


def no_snapshot() -> Finding:
    """Return the finding on an account without snapshots."""
    return _unknown("stale", "no snapshot yet")


def _stale(age: int, max_age: int, failure: str | None) -> Finding:
    level = Level.CRITICAL if age * SECOND > max_age else Level.OK
    text = f"last snapshot {formatting.age(age)} ago"
    if level:
        text += f", attempts fail: {failure}" if failure else ": is cron running?"
    return Finding("stale", level, level, text, Measure(age, "s", critical=f"{max_age // SECOND}"))


def _days(report: "Report", account: "AccountReport", thresholds: Thresholds) -> Finding | None:
    depletion = account.depletion
    if depletion.state == "insufficient_data":
        first = account.snapshots.first
        if first is not None and report.as_of - first < _ONE_DAY:
            return None
        return _unknown("days", f"no forecast yet: {depletion.reason or 'too little history'}")
    warning, critical = thresholds.warning_days, thresholds.critical_days
    if depletion.state == "depleted":
        left = 0.0
    else:
        early = depletion.low or depletion.median or depletion.linear
        if early is None:
            text = "idle" if depletion.state == "idle" else "no depletion in sight"
            return Finding("days", Level.OK, Level.OK, text, _below(None, warning))
        left = max((early - report.as_of) / _ONE_DAY, 0.0)
    if depletion.state == "refilled":
        text = f"refilled by itself; {_days_text(left, report, account)}"
        return Finding("days", Level.OK, Level.OK, text, _below(round(left, 2), None))
    credited = _was_credited(report, account)
    slack = 1.0 if credited else DAYS_SLACK
    return Finding(
        "days",
        _grade(left, warning, critical),
        _grade(left, warning * slack, critical * slack),
        _days_text(left, report, account),
        _below(round(left, 2), warning, critical),
        worsens_after=0 if depletion.state == "depleted" else WORSENS_AFTER,
        improves_after=0 if credited else IMPROVES_AFTER,
    )


def _was_credited(report: "Report", account: "AccountReport") -> bool:
    """Return whether credit was added in the last day."""
    recent = (event for event in account.events if event.at > report.as_of - _ONE_DAY)
    return any(event.kind == "top_up" for event in recent)


def _days_text(left: float, report: "Report", account: "AccountReport") -> str:
    depletion = account.depletion
    if depletion.state == "depleted":
        return "the credit has run out"
    if depletion.low is None or depletion.median is None:
        return f"{left:.1f} days left"
    median = max((depletion.median - report.as_of) / _ONE_DAY, 0)
    risk = 100 * (1 - depletion.level) / 2
    remark = f"; {depletion.refill}" if depletion.refill else ""
    return (
        f"{risk:.0f}% risk within {left:.1f} days {WITHOUT_CREDIT} "
        f"(even odds: {median:.1f}){remark}"
    )


def _balance(usd: float, state: str, thresholds: Thresholds) -> Finding:
    warning, critical = thresholds.warning_balance, thresholds.critical_balance

    def grade(slack: float) -> Level:
        if usd <= 0 and state == "idle":  # others pay: the gateway has no limit for the account
            return Level.OK
        if usd <= 0:
            return Level.CRITICAL
        return _grade(usd, (warning or 0) * slack, (critical or 0) * slack)

    measure = _below(usd, warning, critical)
    return Finding("balance", grade(1), grade(BALANCE_SLACK), f"{dollars(usd)} left", measure)


def _budget(report: "Report", account: "AccountReport", thresholds: Thresholds) -> Finding | None:
    budget = thresholds.monthly_budget
    if budget is None:
        return None
    month = _today(report).replace(day=1)
    spent = [day.usd for day in _days_from(report, account, month) if day.usd is not None]
    if not spent:
        return _unknown("budget", "this month's spend is not known")
    usd, warning = sum(spent), BUDGET_SHARE * budget
    level = Level.CRITICAL if usd >= budget else Level(int(usd >= warning))
    text = f"{dollars(usd)} of this month's {dollars(budget)} spent"
    measure = Measure(round(usd, USD_DECIMALS), warning=decimal(warning), critical=decimal(budget))
    return Finding("budget", level, level, text, measure)


def _spike(report: "Report", account: "AccountReport", thresholds: Thresholds) -> Finding | None:
    today = list(_days_from(report, account, _today(report)))
    before = account.periods[: len(account.periods) - len(today)]
    limit = spike_limit(before, thresholds.spike_factor, thresholds.spike_floor)
    if limit is None or not today or today[-1].usd is None:
        return None
    usd = today[-1].usd
    level = Level.WARNING if usd > limit else Level.OK
    hold = Level.WARNING if _was_spike(before, thresholds) else level
    text = f"{dollars(usd)} spent today"
    if level:
        text += f", usually at most {dollars(limit)}: has a key leaked?"
    return Finding("spike", level, hold, text, Measure(usd, warning=decimal(limit)))


def _was_spike(days: "Sequence[Period]", thresholds: Thresholds) -> bool:
    """Return whether the last of `days` was a spike: it ends with a whole day without one."""
    limit = spike_limit(days[:-1], thresholds.spike_factor, thresholds.spike_floor)
    return limit is not None and days[-1].usd is not None and days[-1].usd > limit


def _today(report: "Report") -> dt.date:
    return report.as_of.astimezone(parse_zone(report.timezone)).date()


def _days_from(report: "Report", account: "AccountReport", date: dt.date) -> "Iterator[Period]":
    tz = parse_zone(report.timezone)
    return (day for day in account.periods if day.start.astimezone(tz).date() >= date)


def _grade(value: float, warning: float, critical: float) -> Level:
    if value < critical:
        return Level.CRITICAL
    return Level.WARNING if value < warning else Level.OK


def _below(value: float | None, warning: float | None, critical: float | None = None) -> Measure:
    ranges = (f"{decimal(limit)}:" if limit else "" for limit in (warning, critical))
    return Measure(value, "", *ranges)


def _unknown(rule: Rule, text: str) -> Finding:
    return Finding(rule, Level.UNKNOWN, Level.UNKNOWN, text, Measure(None))
