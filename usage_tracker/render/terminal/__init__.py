"""The report in a terminal: `render` as text, `show` on a stream. Only this package loads rich."""

from usage_tracker.render.terminal.page import render, show, takes_unicode
from usage_tracker.reporting.model import Detail

DETAILS = Detail.ALL & ~Detail.HEAT

__all__ = ["DETAILS", "render", "show", "takes_unicode"]
