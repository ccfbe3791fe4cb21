"""The context that parts of a terminal report are drawn in."""

from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal.charset import ASCII, BLOCKS
from usage_tracker.render.terminal.layout import Context
from usage_tracker.reporting.model import Report


def context_of(report: Report, width: int = 80, *, unicode: bool = True) -> Context:
    """Return the context of `report`."""
    return Context(report, Calendar.of(report), BLOCKS if unicode else ASCII, width)
