"""Short texts on charts: the depletion date and the times shown."""

import datetime as dt

from usage_tracker import formatting
from usage_tracker.analysis.heatmap import WEEKS
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.phrases import has_ended
from usage_tracker.reporting.model import AccountReport, Report

WEEKS_OF_EACH = f"mean of up to {WEEKS} weeks before the last snapshot"
_ARROW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
_STATES = {
    "depleted": "used up",
    "idle": "nothing is being spent",
    "insufficient_data": "too early to tell",
    "beyond_horizon": "lasts over a year",
}


def runs_out(depletion: Depletion, calendar: Calendar) -> str:
    """Return `runs out about Sat 7 Dec`, or the reason why there is no date."""
    day = end(depletion, calendar)
    if depletion.state == "refilled":
        return f"refilled; else {day}" if day else "refilled"
    if day is not None:
        return f"runs out about {day}"
    if depletion.median is not None:
        return "may have run out already"
    return _STATES.get(depletion.state, "not known")


def end(depletion: Depletion, calendar: Calendar) -> str | None:
    """Return the day of the median depletion, None if there is none in the future."""
    if depletion.median is None or depletion.median <= calendar.now:
        return None
    return calendar.day(depletion.median)


def beyond(at: float, calendar: Calendar) -> str:
    """Return `> 27 Jan 2027` for a moment (UTC seconds) beyond the chart's right edge."""
    return f"{_ARROW} {calendar.date(dt.datetime.fromtimestamp(at, dt.UTC))}"


def interval(depletion: Depletion, calendar: Calendar) -> str:
    """Return `80 %: Tue 3 Dec to Sat 14 Dec`, the side that is known, or an empty string."""
    if depletion.low is None:
        return ""
    early = calendar.day(depletion.low)
    if depletion.high is None:
        return f"{formatting.percent((1 - depletion.level) / 2)} chance before {early}"
    return f"{formatting.percent(depletion.level)}: {_span(early, calendar.day(depletion.high))}"


def weeks(account: AccountReport, calendar: Calendar) -> str:
    """Return the time that the heat map averages, which does not depend on the window.

    `8 weeks to Thu 19 Nov`, or `Mon 2 Nov to Thu 19 Nov` for a shorter history; empty without
    snapshots.
    """
    first, last = summary.start_of_history(account), account.snapshots.latest
    if last is None:
        return ""
    if first is not None and last - first < dt.timedelta(weeks=WEEKS):
        return _span(calendar.day(first), calendar.day(last))
    return f"{WEEKS} weeks to {calendar.day(last)}"


def report_times(report: Report, calendar: Calendar) -> list[str]:
    """Return the report's moment, with its window if that has ended; the longest text first.

    `Wed 31 Dec 2025 to Fri 30 Jan  ·  as of Thu 26 Nov 2026 01:19, UTC`
    """
    zone = formatting.timezone_name(report.timezone)
    as_of = f"as of {calendar.minute(report.as_of, year=True)}, {zone}"
    if not has_ended(report):
        return [as_of]
    # The window does not include the moment at which it ends.
    first, last = report.since, report.until - dt.datetime.resolution
    dates = _span(calendar.date(first), calendar.date(last))
    return [
        _joined(_span(calendar.day(first), calendar.day(last)), as_of),
        _joined(dates, f"as of {calendar.date(report.as_of, year=True)}"),
        dates,
    ]


def summaries(account: AccountReport, calendar: Calendar) -> list[str]:
    """Return the balance and how long it lasts, the longest text first."""
    depletion = account.depletion
    if account.balance is None:
        return ["no snapshot yet"]
    if account.balance.usd < 0:
        return [f"overdrawn by {formatting.dollars(-account.balance.usd)}"]
    balance = formatting.dollars(account.balance.usd)
    left, when = f"{balance} left", runs_out(depletion, calendar)
    texts = [_joined(left, when, interval(depletion, calendar)), _joined(left, when)]
    if depletion.median is None or depletion.state == "refilled":
        return [*texts, left]
    if end(depletion, calendar) is None:
        # This balance is out of date: even the shortest text must not call it "left".
        return [*texts, _joined(balance, "may have run out")]
    return [*texts, _joined(balance, calendar.date(depletion.median)), left]


def _span(early: str, late: str) -> str:
    return early if early == late else f"{early} to {late}"


def _joined(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)
