"""What is written on the pictures, in few words: a balance's prospects and what times are shown."""

import datetime as dt

from usage_tracker import formatting
from usage_tracker.analysis.heatmap import WEEKS
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import AccountReport, Report

WEEKS_OF_EACH = f"mean of up to {WEEKS} weeks before the last snapshot"
_ONWARDS = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
_STATES = {
    "depleted": "used up",
    "idle": "nothing is being spent",
    "insufficient_data": "too early to tell",
    "beyond_horizon": "lasts over a year",
}


def prospect(depletion: Depletion, calendar: Calendar) -> str:
    """`runs out about Sat 7 Dec`, or why there is no such day."""
    day = end(depletion, calendar)
    if day is not None:
        return f"runs out about {day}"
    if depletion.median is not None:
        return "may have run out already"
    return _STATES.get(depletion.state, "cannot be told")


def end(depletion: Depletion, calendar: Calendar) -> str | None:
    """The day by which the balance is as likely used up as not, if that is to come."""
    if depletion.median is None or depletion.median <= calendar.now:
        return None
    return calendar.day(depletion.median)


def beyond(at: float, calendar: Calendar) -> str:
    """`27 Jan 2027` behind an arrow: a moment (UTC seconds) past the edge of the picture."""
    return f"{_ONWARDS} {calendar.date(dt.datetime.fromtimestamp(at, dt.UTC))}"


def interval(depletion: Depletion, calendar: Calendar) -> str:
    """`80 %: Tue 3 Dec to Sat 14 Dec`, the side that is known, or nothing."""
    if depletion.low is None:
        return ""
    early = calendar.day(depletion.low)
    if depletion.high is None:
        return f"{formatting.percent((1 - depletion.level) / 2)} chance before {early}"
    return f"{formatting.percent(depletion.level)}: {_span(early, calendar.day(depletion.high))}"


def weeks(account: AccountReport, calendar: Calendar) -> str:
    """What time the hours of the week are the mean of, whatever the window.

    `8 weeks to Thu 19 Nov`, `Mon 2 Nov to Thu 19 Nov` of a younger history, or nothing.
    """
    first, last = summary.beginning(account), account.snapshots.latest
    if last is None:
        return ""
    if first is not None and last - first < dt.timedelta(weeks=WEEKS):
        return _span(calendar.day(first), calendar.day(last))
    return f"{WEEKS} weeks to {calendar.day(last)}"


def moments(report: Report, calendar: Calendar) -> list[str]:
    """The moment of the report, after the window if that has ended before; fullest first.

    `Wed 31 Dec 2025 to Fri 30 Jan  ·  as of Thu 26 Nov 2026 01:19, UTC`
    """
    zone = formatting.timezone(report.timezone)
    told = f"as of {calendar.minute(report.as_of, year=True)}, {zone}"
    if report.until >= report.as_of:
        return [told]
    # A window ends before the moment that it reaches to.
    first, last = report.since, report.until - dt.datetime.resolution
    short = _span(calendar.date(first), calendar.date(last))
    return [
        _joined(_span(calendar.day(first), calendar.day(last)), told),
        _joined(short, f"as of {calendar.date(report.as_of, year=True)}"),
        short,
    ]


def _span(early: str, late: str) -> str:
    return early if early == late else f"{early} to {late}"


def tellings(account: AccountReport, calendar: Calendar) -> list[str]:
    """What is left and how long it lasts, from the fullest telling to the shortest."""
    depletion = account.depletion
    if account.balance is None:
        return ["no snapshot yet"]
    if account.balance.usd < 0:
        return [f"overdrawn by {formatting.dollars(-account.balance.usd)}"]
    balance = formatting.dollars(account.balance.usd)
    when = prospect(depletion, calendar)
    told = [_joined(f"{balance} left", when, interval(depletion, calendar))]
    told.append(_joined(f"{balance} left", when))
    if depletion.median is None:
        return [*told, f"{balance} left"]
    if end(depletion, calendar) is None:
        # What was left then is not told as what is left now, not even in few words.
        return [*told, _joined(balance, "may have run out")]
    return [*told, _joined(balance, calendar.date(depletion.median)), f"{balance} left"]


def _joined(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)
