"""The rules: what in a report is worth a warning, and how bad it is.

Days are counted to the early end of the forecast's interval, so that the warning
comes in time. A prediction wavers: it counts as worse after three hours, as better
when it has been twice the threshold for a day, unless credit came, which is no
prediction. (On 68 histories with a top-up every fortnight this leaves one notice in
four months that is taken back within two days; without, it is one every four days.)
A balance must be a tenth over its threshold to count as better. Days and months are
those of the report's zone. A rule that has nothing to go by (no budget set, a
history of less than a week, or for a forecast of less than a day) says nothing; one
that ought to know and does not says UNKNOWN.
"""

import datetime as dt
from collections.abc import Iterator

from usage_tracker import formatting
from usage_tracker.config.thresholds import Thresholds
from usage_tracker.formatting import dollars
from usage_tracker.monitoring.findings import PLACES, Finding, Level, Measure, Rule, figure
from usage_tracker.monitoring.spikes import spike_limit
from usage_tracker.reporting import AccountReport, Period, Report
from usage_tracker.times import DAY, HOUR, SECOND, zone

DAYS_SLACK = 2.0
WORSENS_AFTER = 3 * HOUR
IMPROVES_AFTER = DAY
BALANCE_SLACK = 1.1
BUDGET_SHARE = 0.8
_DAY = dt.timedelta(days=1)


def evaluate(
    report: Report,
    account: AccountReport,
    limits: Thresholds,
    longest: int,
    trouble: str | None = None,
) -> tuple[Finding, ...]:
    """All findings on `account`, whose periods in `report` are days, this month's among them.

    Data older than `longest` (ms) are stale; `trouble` is why the attempts since the last
    snapshot failed, if there were any.
    """
    age = account.snapshots.age_seconds
    if account.balance is None or age is None:
        return (no_snapshot(),)
    found = (
        _stale(age, longest, trouble),
        _days(report, account, limits),
        _balance(account.balance.usd, limits),
        _budget(report, account, limits),
        _spike(report, account, limits),
    )
    return tuple(finding for finding in found if finding is not None)


def no_snapshot() -> Finding:
    """The finding on an account that nothing is known of."""
    return _unknown("stale", "no snapshot yet")


def _stale(age: int, longest: int, trouble: str | None) -> Finding:
    level = Level.CRITICAL if age * SECOND > longest else Level.OK
    text = f"last snapshot {formatting.age(age)} ago"
    if level:
        text += f", attempts fail: {trouble}" if trouble else ": is cron running?"
    return Finding("stale", level, level, text, Measure(age, "s", critical=f"{longest // SECOND}"))


def _days(report: Report, account: AccountReport, limits: Thresholds) -> Finding | None:
    ahead = account.depletion
    if ahead.state == "insufficient_data":
        if _is_young(report, account):
            return None
        return _unknown("days", f"no forecast yet: {ahead.reason or 'too little history'}")
    if ahead.state == "depleted":
        left = 0.0
    else:
        early = ahead.low or ahead.median or ahead.linear
        if early is None:
            quiet = "idle" if ahead.state == "idle" else "no end in sight"
            return Finding("days", Level.OK, Level.OK, quiet, _below(None, limits.warning_days))
        left = max((early - report.as_of) / _DAY, 0.0)
    warning, critical = limits.warning_days, limits.critical_days
    credited = _was_credited(report, account)
    slack = 1.0 if credited else DAYS_SLACK
    return Finding(
        "days",
        _grade(left, warning, critical),
        _grade(left, warning * slack, critical * slack),
        _days_text(left, report, account),
        _below(round(left, 2), warning, critical),
        worsens_after=0 if ahead.state == "depleted" else WORSENS_AFTER,
        improves_after=0 if credited else IMPROVES_AFTER,
    )


def _is_young(report: Report, account: AccountReport) -> bool:
    """Whether nobody can expect a forecast yet."""
    first = account.snapshots.first
    return first is not None and report.as_of - first < _DAY


def _was_credited(report: Report, account: AccountReport) -> bool:
    """Whether somebody paid in the last day."""
    recent = (event for event in account.events if event.at > report.as_of - _DAY)
    return any(event.kind == "top_up" for event in recent)


def _days_text(left: float, report: Report, account: AccountReport) -> str:
    ahead = account.depletion
    if ahead.state == "depleted":
        return "the credit has run out"
    if ahead.low is None or ahead.median is None:
        return f"{left:.1f} days left"
    odds = (ahead.median - report.as_of) / _DAY
    risk = 100 * (1 - ahead.level) / 2
    return f"{risk:.0f} % risk within {left:.1f} days (even odds: {max(odds, 0):.1f})"


def _balance(usd: float, limits: Thresholds) -> Finding:
    warning, critical = limits.warning_balance, limits.critical_balance
    return Finding(
        "balance",
        _grade_balance(usd, warning, critical, 1),
        _grade_balance(usd, warning, critical, BALANCE_SLACK),
        f"{dollars(usd)} left",
        _below(usd, warning, critical),
    )


def _grade_balance(
    usd: float, warning: float | None, critical: float | None, slack: float
) -> Level:
    if usd <= 0:
        return Level.CRITICAL
    return _grade(usd, (warning or 0) * slack, (critical or 0) * slack)


def _budget(report: Report, account: AccountReport, limits: Thresholds) -> Finding | None:
    budget = limits.monthly_budget
    if budget is None:
        return None
    month = report.as_of.astimezone(zone(report.timezone)).date().replace(day=1)
    spent = [day.usd for day in _days_from(report, account, month) if day.usd is not None]
    if not spent:
        return _unknown("budget", "this month's spend is not known")
    usd, nearly = sum(spent), BUDGET_SHARE * budget
    level = Level.CRITICAL if usd >= budget else Level(int(usd >= nearly))
    text = f"{dollars(usd)} of this month's {dollars(budget)} spent"
    measure = Measure(round(usd, PLACES), warning=figure(nearly), critical=figure(budget))
    return Finding("budget", level, level, text, measure)


def _spike(report: Report, account: AccountReport, limits: Thresholds) -> Finding | None:
    date = report.as_of.astimezone(zone(report.timezone)).date()
    today = list(_days_from(report, account, date))
    before = account.periods[: len(account.periods) - len(today)]
    limit = spike_limit(before, limits.spike_factor, limits.spike_floor)
    if limit is None or not today or today[-1].usd is None:
        return None
    usd = today[-1].usd
    level = Level.WARNING if usd > limit else Level.OK
    hold = Level.WARNING if _stood_out(before, limits) else level
    text = f"{dollars(usd)} spent today"
    if level:
        text += f", usual are up to {dollars(limit)}: is a key in wrong hands?"
    return Finding("spike", level, hold, text, Measure(usd, warning=figure(limit)))


def _stood_out(days: tuple[Period, ...], limits: Thresholds) -> bool:
    """Whether the last of `days` was a spike: it is over after a whole day without one."""
    limit = spike_limit(days[:-1], limits.spike_factor, limits.spike_floor)
    return limit is not None and days[-1].usd is not None and days[-1].usd > limit


def _days_from(report: Report, account: AccountReport, date: dt.date) -> Iterator[Period]:
    tz = zone(report.timezone)
    return (day for day in account.periods if day.start.astimezone(tz).date() >= date)


def _grade(value: float, warning: float, critical: float) -> Level:
    if value < critical:
        return Level.CRITICAL
    return Level.WARNING if value < warning else Level.OK


def _below(value: float | None, warning: float | None, critical: float | None = None) -> Measure:
    ranges = (f"{figure(limit)}:" if limit else "" for limit in (warning, critical))
    return Measure(value, "", *ranges)


def _unknown(rule: Rule, text: str) -> Finding:
    return Finding(rule, Level.UNKNOWN, Level.UNKNOWN, text, Measure(None))
