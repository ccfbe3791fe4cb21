"""What every part of a terminal page needs to know."""

from dataclasses import dataclass

from rich.text import Text

from usage_tracker.formatting import plain
from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal.charset import Ink
from usage_tracker.render.terminal.table import cells, fit
from usage_tracker.reporting.model import Report

WIDE = 120
_NAME = 40
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Page:
    """A report to be drawn with `ink`, `width` cells wide, in the words of `calendar`."""

    report: Report
    calendar: Calendar
    ink: Ink
    width: int

    @property
    def is_wide(self) -> bool:
        """Whether two columns fit side by side."""
        return self.width >= WIDE

    def name(self, name: str, width: int = _NAME) -> str:
        """Somebody's `name`, made harmless and at most `width` cells wide."""
        return fit(self.ink.text(plain(name, _LONGEST)), width, self.ink.text("…"))

    def text(self, text: str, style: str = "") -> Text:
        """A line or a paragraph in `style`."""
        return Text(self.ink.text(text), style)

    def legend(self, entries: list[str], width: int) -> list[Text]:
        """Entries side by side, none of them broken, on lines of `width` cells."""
        lines = [""]
        for entry in entries:
            longer = f"{lines[-1]}   {entry}" if lines[-1] else entry
            lines[-1:] = [longer] if cells(longer) <= width else [lines[-1], entry]
        return [Text(line, "dim", no_wrap=True, overflow="crop") for line in lines if line]
