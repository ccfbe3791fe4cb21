"""Pages to draw on."""

from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal.charset import ink
from usage_tracker.render.terminal.context import Page
from usage_tracker.reporting.model import Report


def page(report: Report, width: int = 80, *, unicode: bool = True) -> Page:
    """A page for `report`."""
    return Page(report, Calendar.of(report), ink(unicode=unicode), width)
