"""The report in a terminal: `render` as text, `show` on a stream.

The only room that loads rich.
"""

from usage_tracker.render.terminal.screen import render, show, takes_unicode
from usage_tracker.reporting.model import Detail

DETAILS = Detail.ALL & ~Detail.HEAT

__all__ = ["DETAILS", "render", "show", "takes_unicode"]
