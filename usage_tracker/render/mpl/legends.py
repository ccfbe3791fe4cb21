"""Keys to what a chart shows, only for what it does show."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.marks import OUTLINES
from usage_tracker.render.chart_data.spend import DOUBTS, Bar
from usage_tracker.render.mpl import spend
from usage_tracker.render.mpl.canvas import Canvas
from usage_tracker.render.mpl.layout import Box

_ROW, _BETWEEN = 1.5, 0.4
# The height that a chart must have for each row of keys, in letters' heights.
_PER_ROW = 8.5

Key = tuple[Artist, str]
Corner = Literal["center right", "upper left", "lower left"]


def of_balances(canvas: Canvas, pictures: Collection[BurnDown], level: float) -> list[Key]:
    """Names of the lines of burn-downs whose interval has this `level`, and of their marks."""
    colours = canvas.palette
    keys: list[Key] = []
    if any(picture.ahead is not None for picture in pictures):
        keys.append((Patch(color=colours.fan), f"{formatting.percent(level)} interval"))
        keys.append((_line(colours.balance, (4, 2.4)), "even odds"))
    if any(picture.ends.linear is not None for picture in pictures):
        keys.append((_line(colours.muted, (1, 2.2)), "straight line"))
    if any(picture.line.gaps for picture in pictures):
        keys.append((_line(colours.balance, (1.2, 1.6)), "gap"))
    return [*keys, *_marks(canvas, {kind for p in pictures for _, kind in p.marks})]


def of_thumbnails(canvas: Canvas, pictures: Collection[BurnDown], level: float) -> list[Key]:
    """The same for small burn-downs, on which nothing is written."""
    keys = of_balances(canvas, pictures, level)
    if any(picture.dark for picture in pictures):
        keys.append((Patch(color=canvas.palette.haze), "no snapshots"))
    if any(picture.ends.median is not None for picture in pictures):
        end = Line2D([], [], color=canvas.palette.out, linewidth=3, alpha=0.7, marker="D")
        end.set(markersize=0.42 * canvas.size, markeredgecolor=canvas.palette.surface)
        keys.append((end, "runs out"))
    return keys


def of_weeks(canvas: Canvas) -> list[Key]:
    """What the hours of the week are the mean of, and the meaning of the strongest colour."""
    strongest, haze = Patch(color=canvas.palette.heat[-1]), Patch(color=canvas.palette.haze)
    nothing = Patch(fill=False, linewidth=0)
    return [
        (strongest, "an account's dearest hour"),
        (haze, "unknown"),
        (nothing, captions.WEEKS_OF_EACH),
    ]


def of_spend(canvas: Canvas, bars: Sequence[Bar], by: By) -> tuple[list[Key], list[Key]]:
    """Names of the kinds of bars, and of the marks: at length and in short."""
    found = {bar.kind for bar in bars}
    marks = _marks(canvas, {mark.kind for bar in bars for mark in bar.marks})
    long, short = (
        [
            (Patch(**spend.look(kind, canvas.palette)), names[length].format(by=by))
            for kind, names in DOUBTS.items()
            if kind in found
        ]
        for length in (0, 1)
    )
    return [*long, *marks], [*short, *marks]


def _marks(canvas: Canvas, found: set[str]) -> list[Key]:
    return [
        (Line2D([], [], **canvas.mark_of(kind)), formatting.event(kind))
        for kind in OUTLINES
        if kind in found
    ]


def _line(colour: str, dashes: tuple[float, float]) -> Line2D:
    return Line2D([], [], color=colour, dashes=dashes)


def place(canvas: Canvas, box: Box, taken: float, *choices: Sequence[Key]) -> float:
    """Write keys into the first row of `box`, right of what is `taken`, or into rows below it.

    The first choice for which there is room beside, else the last in rows, else as many of
    these beside as there is room for. The height of the rows below.
    """
    right, top = box.left + box.width, box.top + 0.62 * canvas.small
    room = box.width - taken - 2.4 * canvas.small
    for keys in filter(None, choices):
        if _written(canvas, keys, len(keys), room, (right, top), "center right"):
            return 0.0
    keys = choices[-1] if choices else ()
    upper_left = (box.left, box.top + 1.6 * canvas.small)
    if rows := _in_rows(canvas, box, keys, upper_left, "upper left"):
        return rows
    for count in range(len(keys) - 1, 0, -1):
        if _written(canvas, keys[:count], count, room, (right, top), "center right"):
            return 0.0
    return 0.0


def place_below(canvas: Canvas, box: Box, keys: Sequence[Key]) -> float:
    """Write `keys` into rows at the foot of `box`, as many as there is room for; their height."""
    corner = (box.left, box.top + box.height)
    tried = (keys[:count] for count in range(len(keys), 0, -1))
    heights = (_in_rows(canvas, box, some, corner, "lower left") for some in tried)
    return next(filter(None, heights), 0.0)


def _in_rows(
    canvas: Canvas, box: Box, keys: Sequence[Key], at: tuple[float, float], corner: Corner
) -> float:
    """The height of `keys` in the fewest rows, 0 where the box is too small for them."""
    for rows in range(1, int(box.height / (_PER_ROW * canvas.small)) + 1):
        columns = -(-len(keys) // rows)
        if keys and _written(canvas, keys, columns, box.width, at, corner):
            return (rows * _ROW + _BETWEEN) * canvas.small
    return 0.0


def _written(
    canvas: Canvas, keys: Sequence[Key], columns: int, room: float,
    at: tuple[float, float], corner: Corner,
) -> bool:  # fmt: skip
    """Write `keys` with their `corner` at a place, unless they are wider than the `room`."""
    legend = _legend(canvas, keys, columns, at, corner)
    if canvas.extent(legend)[0] <= room:
        return True
    legend.remove()
    return False


def _legend(
    canvas: Canvas, keys: Iterable[Key], columns: int, at: tuple[float, float], corner: Corner
) -> Legend:
    handles, labels = zip(*_by_rows(list(keys), columns), strict=True)
    place = (at[0] / canvas.width, 1 - at[1] / canvas.height)
    return canvas.figure.legend(
        handles, labels, loc=corner, bbox_to_anchor=place, ncols=columns, frameon=False,
        fontsize=canvas.small, labelcolor=canvas.palette.muted, handlelength=1.7,
        handletextpad=0.5, columnspacing=1.2, borderpad=0, borderaxespad=0, handleheight=0.75,
    )  # fmt: skip


def _by_rows(keys: Sequence[Key], columns: int) -> Iterator[Key]:
    """`keys` in the order in which matplotlib, which fills columns, sets them in rows."""
    for column in range(columns):
        yield from keys[column::columns]
