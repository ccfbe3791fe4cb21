"""The report in a terminal: `render` as text, `show` on a stream.

The only room that loads rich.
"""

from usage_tracker.render.terminal.screen import render, show, takes_unicode

__all__ = ["render", "show", "takes_unicode"]
