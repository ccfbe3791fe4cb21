"""Text and tables fitted to the width of a terminal.

rich's own tables take 0.35 ms a row, too long for a year of days, so rows are padded here
in one pass. A row wider than the terminal is folded: no digit is ever cut off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from usage_tracker.formatting import plain
from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal.charset import Charset
from usage_tracker.reporting.model import Report

GAP = 2
_WIDE = 120
_NAME, _LONGEST_NAME = 40, 160
_TITLES = "dim"

Cell = str | Text


@dataclass(frozen=True, slots=True)
class Context:
    """A report and the width, characters and calendar it is written with."""

    report: Report
    calendar: Calendar
    charset: Charset
    width: int

    @property
    def is_wide(self) -> bool:
        """Whether two columns fit side by side."""
        return self.width >= _WIDE

    def name(self, name: str, width: int = _NAME) -> str:
        """Return a foreign `name`, made harmless and at most `width` cells wide."""
        return fit(self.charset.text(plain(name, _LONGEST_NAME)), width, self.charset.text("…"))

    def text(self, text: str, style: str = "") -> Text:
        """Return a line or a paragraph in `style`."""
        return Text(self.charset.text(text), style)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, whether it holds numbers, and the style of its cells."""

    title: str = ""
    right: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of cells; each row has a cell for every column."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    @property
    def width(self) -> int:
        """The cells the table takes from left to right."""
        return sum(self._widths()) + GAP * (len(self.columns) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths()
        titles = [Text(column.title, _TITLES) for column in self.columns]
        for row in ([titles] if any(map(str, titles)) else []) + [*self.rows]:
            line = list(self._line(console, row, widths))
            if Segment.get_line_length(line) > options.max_width:
                text = "".join(segment.text for segment in line).rstrip()
                line = [Segment("\n".join(chop_cells(text, options.max_width)))]
            yield from line
            yield Segment.line()

    def _widths(self) -> list[int]:
        table = ([column.title for column in self.columns], *self.rows)
        return [max(cell_len(str(cell)) for cell in column) for column in zip(*table, strict=True)]

    def _line(
        self, console: Console, row: Sequence[Cell], widths: Sequence[int]
    ) -> Iterator[Segment]:
        gap = 0
        for cell, width, column in zip(row, widths, self.columns, strict=True):
            space = width - cell_len(str(cell))
            yield Segment(" " * (gap + (space if column.right else 0)))
            if isinstance(cell, Text):
                # A Text renders its spans alone; assembled, its own style is one of them.
                yield from Text.assemble(cell).render(console)
            else:
                yield Segment(cell, console.get_style(column.style))
            gap = GAP + (0 if column.right else space)


def column_width(column: Column, cells: Sequence[Cell]) -> int:
    """Return the cells a column takes, with the gap beside it."""
    return max(cell_len(str(cell)) for cell in (column.title, *cells)) + GAP


def legend(entries: Sequence[str], width: int) -> list[Text]:
    """Return `entries` side by side on lines of `width` cells; none is broken."""
    lines = [""]
    for entry in entries:
        longer = f"{lines[-1]}   {entry}" if lines[-1] else entry
        lines[-1:] = [longer] if cell_len(longer) <= width else [lines[-1], entry]
    return [Text(line, "dim", no_wrap=True, overflow="crop") for line in lines if line]


def fit(text: str, width: int, dots: str) -> str:
    """Return `text` in at most `width` cells, with `dots` for its middle if it is longer.

    Names often differ only at their ends.
    """
    if cell_len(text) <= width:
        return text
    kept = width - len(dots)
    head = set_cell_size(text, kept - kept // 2).rstrip()
    tail = set_cell_size(text[::-1], kept // 2).rstrip()[::-1]
    return head + dots + tail
