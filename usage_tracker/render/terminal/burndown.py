"""The burn-down as a chart of characters.

Below the axis are the marks of events, and the interval in which the balance runs out
with its median and, for comparison, the end of the straight line.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from usage_tracker.formatting import decimal_places, dollars
from usage_tracker.render.chart_data.balance import Ends, last_shown
from usage_tracker.render.phrases import event_kind, has_ended, records, worth
from usage_tracker.render.terminal.charset import event_mark
from usage_tracker.render.terminal.charts import Fan, Point, Scale, Timeline, filled, shaded
from usage_tracker.render.terminal.layout import Context
from usage_tracker.reporting.model import AccountReport, Report

_ROWS, _ROWS_WIDE = 8, 10
_MARGIN = 12
# Shorter timelines are labelled with the time of day.
_CLOCK_TIME = 36 * 3600
_PAST, _AHEAD, _AXIS, _END = "dim cyan", "dim", "dim", "bold"

# A character and its style.
Cell = tuple[str, str]


def chart(context: Context, account: AccountReport) -> list[Text]:
    """Return the lines of the burn-down of `account`; none if there is nothing to draw."""
    axis = _axis(context, account)
    if axis is None:
        return []
    past = axis.sample(past_balance(context.report, account))
    fan = _fan(context, axis, account)
    known = [value for value in past if value is not None]
    highs = (each[2] for each in fan if each)
    scale = Scale.of([*known, *highs], _ROWS_WIDE if context.is_wide else _ROWS)
    labels = _labels(scale)
    gaps = axis.covered(
        [
            (e.after.timestamp(), e.at.timestamp())
            for e in records(account.events)
            if e.kind == "gap"
        ]
    )
    rows = [
        _line(context, labels.get(row, ""), _row(context, (past, fan, gaps), floor, scale))
        for row, floor in enumerate(scale.floors())
    ]
    return [
        *rows,
        _line(context, labels[len(rows)], _ticks(context, axis), context.charset.corner),
        *_marks_line(context, axis, account),
        _line(context, "", [(character, _AXIS) for character in _dates(context, axis)], " "),
    ]


def legend(context: Context, account: AccountReport) -> list[str]:
    """Return what the marks of the chart mean, as far as they occur."""
    axis, charset = _axis(context, account), context.charset
    if axis is None:
        return []
    cells = _marks(context, axis, account).values()
    found = {character for character, _ in cells}
    events = {event_mark(e, charset).plain: event_kind(e) for e in records(account.events)}
    entries = [f"{mark} {meaning}" for mark, meaning in events.items() if mark in found]
    if any(_fan(context, axis, account)):
        entries.append(f"{charset.fan} balance ahead: nearly sure, likely, possible")
    if any((character, _END) in cells for character in charset.bracket + charset.line):
        entries.append(f"{charset.bracket} runs out: early, even odds, late")
    if charset.straight in found:
        entries.append(f"{charset.straight} straight line")
    return entries


def timeline(report: Report, account: AccountReport, columns: int) -> Timeline | None:
    """Return the known time of the window and as much of the forecast as matters.

    The chart of a window that has ended ends with it.
    """
    known = [at for at, value in past_balance(report, account) if value is not None]
    if not known or known[-1] <= known[0]:
        return None
    start, until = known[0], max(report.until.timestamp(), known[-1])
    if has_ended(report):
        return Timeline(start, until, columns)
    return Timeline(start, last_shown(start, until, Ends.of(account.depletion)), columns)


def past_balance(report: Report, account: AccountReport) -> list[Point]:
    """Return the balance in dollars as it was."""
    if account.burn_down:
        return _points(account, ((point.at, point.quota) for point in account.burn_down))
    closings = ((period.end, period.closing) for period in records(account.periods))
    return _points(account, [(report.since, account.reconciliation.opening), *closings])


def _points(
    account: AccountReport, balances: Iterable[tuple[dt.datetime, int | None]]
) -> list[Point]:
    return [(at.timestamp(), worth(units, account)) for at, units in balances]


def _axis(context: Context, account: AccountReport) -> Timeline | None:
    return timeline(context.report, account, context.width - _MARGIN)


def _fan(context: Context, axis: Timeline, account: AccountReport) -> list[Fan | None]:
    if has_ended(context.report):
        return [None] * axis.columns
    low, median, high = (
        axis.sample(_points(account, ((p.at, getattr(p, bound)) for p in account.fan)))
        for bound in ("low", "median", "high")
    )
    return [
        None if a is None or b is None or c is None else (a, b, c)
        for a, b, c in zip(low, median, high, strict=True)
    ]


def _labels(scale: Scale) -> dict[int, str]:
    """Return the scale's marks in dollars, all with the same decimals."""
    marks = scale.labels()
    whole = all(value == round(value) for value in marks.values())
    places = 0 if whole else max(decimal_places(abs(value)) for value in marks.values())
    return {row: dollars(value, places) for row, value in marks.items()}


def _line(context: Context, label: str, cells: Iterable[Cell], edge: str | None = None) -> Text:
    line = Text()
    line.append(f"{label:>{_MARGIN - 2}} {edge or context.charset.edge}", _AXIS)
    for style, run in itertools.groupby(cells, key=lambda cell: cell[1]):
        line.append("".join(character for character, _ in run), style)
    return line


def _row(
    context: Context,
    columns: tuple[Sequence[float | None], Sequence[Fan | None], Sequence[bool]],
    floor: float,
    scale: Scale,
) -> Iterator[Cell]:
    """Yield the cells of one row; in a gap only a line connects what is known around it."""
    charset = context.charset
    for value, expected, in_gap in zip(*columns, strict=True):
        if value is not None and in_gap:
            yield (charset.marks["gap"] if scale.is_in(value, floor) else " "), _AHEAD
        elif value is not None:
            yield filled(value, floor, scale, charset), _PAST
        elif expected is not None:
            yield shaded(expected, floor, scale, charset), _AHEAD
        else:
            yield " ", _AHEAD


def _ticks(context: Context, axis: Timeline) -> Iterator[Cell]:
    now = axis.column(context.report.as_of)
    for column in range(axis.columns):
        yield context.charset.tick if column == now else context.charset.line, _AXIS


def _marks_line(context: Context, axis: Timeline, account: AccountReport) -> list[Text]:
    marks = _marks(context, axis, account)
    cells = [marks.get(column, (" ", _AXIS)) for column in range(axis.columns)]
    return [_line(context, "", cells, " ")] if marks else []


def _marks(context: Context, axis: Timeline, account: AccountReport) -> dict[int, Cell]:
    """Return the marks inside the chart by their column; a gap never hides another mark."""
    marks = {}
    for event in sorted(records(account.events), key=lambda event: event.kind != "gap"):
        mark = event_mark(event, context.charset)
        first = axis.column(event.after if event.kind == "gap" else event.at)
        for column in range(max(first, 0), min(axis.column(event.at), axis.columns - 1) + 1):
            marks[column] = mark.plain, str(mark.style)
    marks |= _end_marks(context, axis, account)
    return {column: cell for column, cell in marks.items() if 0 <= column < axis.columns}


def _end_marks(context: Context, axis: Timeline, account: AccountReport) -> dict[int, Cell]:
    depletion, charset = account.depletion, context.charset
    marks: dict[int, Cell] = {}
    if depletion.low is not None:
        first = axis.column(depletion.low)
        last = axis.columns if depletion.high is None else axis.column(depletion.high)
        inside = range(max(first, 0), min(last, axis.columns))
        marks = dict.fromkeys(inside, (charset.line, _END))
    moments = (
        (depletion.low, charset.bracket[0]),
        (depletion.high, charset.bracket[2]),
        (depletion.linear, charset.straight),
        (depletion.median, charset.bracket[1]),
    )
    return marks | {axis.column(at): (mark, _END) for at, mark in moments if at is not None}


def _dates(context: Context, axis: Timeline) -> str:
    """Return the date (or time) of the first column, of now and of the last if they fit."""
    now = axis.column(context.report.as_of)
    line = _date(context, axis, axis.start)
    if now < axis.columns - 1:
        line = line.ljust(max(now - 1, len(line) + 2)) + "now"
    last = _date(context, axis, axis.end)
    if len(line) + len(last) + 2 <= axis.columns:
        line = line.ljust(axis.columns - len(last)) + last
    return line[: axis.columns]


def _date(context: Context, axis: Timeline, seconds: float) -> str:
    calendar = context.calendar
    at = dt.datetime.fromtimestamp(seconds, calendar.tz)
    if axis.end - axis.start >= _CLOCK_TIME:
        return calendar.date(at)
    today = at.date() == context.report.as_of.astimezone(calendar.tz).date()
    return f"{at:%H:%M}" if today else f"{calendar.day(at)[:3]} {at:%H:%M}"
