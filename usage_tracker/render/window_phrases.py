"""Windows in words: that of a rate, and that of the report.

What reaches to the report's own moment is `last` and `since`; a window that ended before it
is told with its end, alike in every face.
"""

import datetime as dt

from usage_tracker.render.calendar import Calendar
from usage_tracker.reporting.model import Rate, Report

_NAMES = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}


def has_ended(report: Report) -> bool:
    """Whether the window ended before the report's own moment."""
    return report.until < report.as_of


def name(rate: Rate) -> str:
    """A rate's window: `7 days` for `7d`."""
    return _NAMES.get(rate.window, rate.window)


def lately(rate: Rate, report: Report) -> str:
    """The same with its end: `last 7 days`, or `7 days to Fri 20 Nov`."""
    return f"{name(rate)} to {_end(report)}" if has_ended(report) else f"last {name(rate)}"


def heading(report: Report) -> str:
    """What stands over the windows of rates: `Last`, or `To Fri 20 Nov`."""
    return f"To {_end(report)}" if has_ended(report) else "Last"


def span(since: dt.datetime, report: Report) -> str:
    """The time from `since` on: `since Wed 31 Dec 2025`, or `Wed 31 Dec 2025 to Fri 30 Jan`."""
    first = Calendar.of(report).day(since)
    return f"{first} to {_end(report)}" if has_ended(report) else f"since {first}"


def _end(report: Report) -> str:
    return Calendar.of(report).day(report.until)
