"""The burn-down as a picture of characters.

Below the axis stand the marks of what happened, and the interval in which the balance
runs out with its middle and, for comparison, the end of the straight line.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from usage_tracker.formatting import dollars, own_places
from usage_tracker.render.phrases import has_ended
from usage_tracker.render.terminal import timeline as time
from usage_tracker.render.terminal.area import Fan, Ruler, filled, shaded
from usage_tracker.render.terminal.context import Page
from usage_tracker.render.terminal.event_marks import meaning, sign
from usage_tracker.render.terminal.timeline import Timeline
from usage_tracker.reporting.model import AccountReport

_ROWS, _ROWS_WIDE = 8, 10
_MARGIN = 12
_CLOCK_TIME = 36 * 3600
_PAST, _AHEAD, _AXIS, _END = "dim cyan", "dim", "dim", "bold"

# A character and its style.
Cell = tuple[str, str]


def picture(page: Page, account: AccountReport) -> list[Text]:
    """The burn-down of `account`, its lines; none if there is nothing to draw."""
    axis = _axis(page, account)
    if axis is None:
        return []
    past = axis.sample(time.past(page.report, account))
    fan = _fan(page, axis, account)
    known = [value for value in past if value is not None]
    ruler = Ruler.over([*known, *(f[2] for f in fan if f)], _ROWS_WIDE if page.is_wide else _ROWS)
    labels = _labels(ruler)
    unseen = axis.covered(time.gaps(account))
    rows = [
        _line(page, labels.get(row, ""), _row(page, (past, fan, unseen), floor, ruler))
        for row, floor in enumerate(ruler.floors())
    ]
    return [
        *rows,
        _line(page, labels[len(rows)], _ticks(page, axis), page.ink.corner),
        *_marks(page, axis, account),
        _line(page, "", [(character, _AXIS) for character in _dates(page, axis)], " "),
    ]


def _axis(page: Page, account: AccountReport) -> Timeline | None:
    return time.timeline(page.report, account, page.width - _MARGIN)


def _fan(page: Page, axis: Timeline, account: AccountReport) -> list[Fan | None]:
    if has_ended(page.report):
        return [None] * axis.columns
    low, median, high = (axis.sample(knots) for knots in time.ahead(account))
    return [
        None if a is None or b is None or c is None else (a, b, c)
        for a, b, c in zip(low, median, high, strict=True)
    ]


def _labels(ruler: Ruler) -> dict[int, str]:
    """The ruler's marks in dollars, all with the same decimals."""
    marks = ruler.labels()
    whole = all(value == round(value) for value in marks.values())
    places = 0 if whole else max(own_places(abs(value)) for value in marks.values())
    return {row: dollars(value, places) for row, value in marks.items()}


def _line(page: Page, label: str, cells: Iterable[Cell], edge: str | None = None) -> Text:
    line = Text()
    line.append(f"{label:>{_MARGIN - 2}} {edge or page.ink.edge}", _AXIS)
    for style, run in itertools.groupby(cells, key=lambda cell: cell[1]):
        line.append("".join(character for character, _ in run), style)
    return line


def _row(
    page: Page,
    columns: tuple[Sequence[float | None], Sequence[Fan | None], Sequence[bool]],
    floor: float,
    ruler: Ruler,
) -> Iterator[Cell]:
    """One row; where nothing was seen, only a line bridges what is known before and after."""
    for value, expected, unseen in zip(*columns, strict=True):
        if value is not None and unseen:
            yield (page.ink.marks["gap"] if ruler.is_in(value, floor) else " "), _AHEAD
        elif value is not None:
            yield filled(value, floor, ruler, page.ink), _PAST
        elif expected is not None:
            yield shaded(expected, floor, ruler, page.ink), _AHEAD
        else:
            yield " ", _AHEAD


def _ticks(page: Page, axis: Timeline) -> Iterator[Cell]:
    now = axis.column(page.report.as_of)
    for column in range(axis.columns):
        yield page.ink.tick if column == now else page.ink.line, _AXIS


def _marks(page: Page, axis: Timeline, account: AccountReport) -> list[Text]:
    marks = _marked(page, axis, account)
    cells = [marks.get(column, (" ", _AXIS)) for column in range(axis.columns)]
    return [_line(page, "", cells, " ")] if marks else []


def _marked(page: Page, axis: Timeline, account: AccountReport) -> dict[int, Cell]:
    """The marks by their column, without those that fall outside of the picture."""
    marks = {}
    for event in sorted(account.events, key=lambda event: event.kind != "gap"):
        first = axis.column(event.after if event.kind == "gap" else event.at)
        for column in range(max(first, 0), min(axis.column(event.at), axis.columns - 1) + 1):
            marks[column] = _cell(sign(event, page.ink))
    marks |= _end(page, axis, account)
    return {column: cell for column, cell in marks.items() if 0 <= column < axis.columns}


def _cell(text: Text) -> Cell:
    return text.plain, str(text.style)


def legend(page: Page, account: AccountReport) -> list[str]:
    """What the marks under the picture mean, as far as they occur."""
    axis = _axis(page, account)
    if axis is None:
        return []
    marked = _marked(page, axis, account).values()
    found = {character for character, _ in marked}
    signs = {sign(event, page.ink).plain: meaning(event) for event in account.events}
    told = [f"{character} {event}" for character, event in signs.items() if character in found]
    if any(_fan(page, axis, account)):
        told.append(f"{page.ink.fan} balance ahead: nearly sure, likely, possible")
    if any(cell in marked for cell in _bracket(page)):
        told.append(f"{page.ink.bracket} runs out: early, even odds, late")
    if page.ink.straight in found:
        told.append(f"{page.ink.straight} straight line")
    return told


def _bracket(page: Page) -> list[Cell]:
    return [(character, _END) for character in page.ink.bracket + page.ink.line]


def _end(page: Page, axis: Timeline, account: AccountReport) -> dict[int, Cell]:
    depletion, signs = account.depletion, page.ink.bracket
    marks: dict[int, Cell] = {}
    if depletion.low is not None:
        last = axis.columns if depletion.high is None else axis.column(depletion.high)
        first = axis.column(depletion.low)
        inside = range(max(first, 0), min(last, axis.columns))
        marks = dict.fromkeys(inside, (page.ink.line, _END))
    moments = (
        (depletion.low, signs[0]),
        (depletion.high, signs[2]),
        (depletion.linear, page.ink.straight),
        (depletion.median, signs[1]),
    )
    return marks | {axis.column(at): (sign, _END) for at, sign in moments if at is not None}


def _dates(page: Page, axis: Timeline) -> str:
    """The days (or times) of the first column, of now and of the last, where there is room."""
    now = axis.column(page.report.as_of)
    line = _day(page, axis, axis.start)
    if now < axis.columns - 1:
        line = line.ljust(max(now - 1, len(line) + 2)) + "now"
    ending = _day(page, axis, axis.end)
    if len(line) + len(ending) + 2 <= axis.columns:
        line = line.ljust(axis.columns - len(ending)) + ending
    return line[: axis.columns]


def _day(page: Page, axis: Timeline, moment: float) -> str:
    at = dt.datetime.fromtimestamp(moment, page.calendar.tz)
    if axis.end - axis.start >= _CLOCK_TIME:
        return page.calendar.date(at)
    today = at.date() == page.report.as_of.astimezone(page.calendar.tz).date()
    return f"{at:%H:%M}" if today else f"{page.calendar.day(at)[:3]} {at:%H:%M}"
