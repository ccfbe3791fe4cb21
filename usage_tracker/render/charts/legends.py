"""Keys to what a chart shows, only for what it does show."""

from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from usage_tracker import words
from usage_tracker.analysis.depletion import Depletion
from usage_tracker.analysis.periods import By
from usage_tracker.render.charts import spend
from usage_tracker.render.charts.canvas import Canvas
from usage_tracker.render.plots.balance import BurnDown
from usage_tracker.render.plots.marks import OUTLINES
from usage_tracker.render.plots.spend import Bar, Kind

# A name at length and, where room is scarce, in short.
_KINDS: dict[Kind, tuple[str, str]] = {
    "uncertain": ("in part estimated or unknown", "uncertain"),
    "short": ("not a whole {by}", "not whole"),
}

Key = tuple[Artist, str]


def of_balance(
    canvas: Canvas, axes: Axes, room: float, picture: BurnDown, depletion: Depletion
) -> None:
    """Name the lines of a burn-down, and its marks, within `room` pixels."""
    colours = canvas.palette
    keys: list[Key] = []
    if picture.ahead is not None:
        keys.append((Patch(color=colours.fan), f"{words.percent(depletion.level)} interval"))
        keys.append((_line(colours.balance, (4, 2.4)), "even odds"))
    if picture.ends.linear is not None:
        keys.append((_line(colours.muted, (1, 2.2)), "straight line"))
    if picture.line.gaps:
        keys.append((_line(colours.balance, (1.2, 1.6)), "gap"))
    _place(canvas, axes, room, [*keys, *_marks(canvas, {kind for _, kind in picture.marks})])


def of_spend(canvas: Canvas, axes: Axes, room: float, bars: Sequence[Bar], by: By) -> None:
    """Name the kinds of bars, and the marks, within `room` pixels."""
    found = {bar.kind for bar in bars}
    marks = _marks(canvas, {mark.kind for bar in bars for mark in bar.marks})
    long, short = (
        [
            (Patch(**spend.look(kind, canvas.palette)), names[length].format(by=by))
            for kind, names in _KINDS.items()
            if kind in found
        ]
        for length in (0, 1)
    )
    _place(canvas, axes, room, [*long, *marks], [*short, *marks])


def _marks(canvas: Canvas, found: set[str]) -> list[Key]:
    return [
        (Line2D([], [], **canvas.mark_of(kind)), words.event(kind))
        for kind in OUTLINES
        if kind in found
    ]


def _line(colour: str, dashes: tuple[float, float]) -> Line2D:
    return Line2D([], [], color=colour, dashes=dashes)


def _place(canvas: Canvas, axes: Axes, room: float, *choices: Iterable[Key]) -> None:
    """The first choice of keys for which there is room, or as many of the last as there is."""
    tried = [list(choice) for choice in choices]
    tried += [tried[-1][:count] for count in range(len(tried[-1]) - 1, 0, -1)]
    for keys in filter(None, tried):
        legend = _legend(canvas, axes, keys)
        if canvas.extent(legend)[0] <= room:
            return
        legend.remove()


def _legend(canvas: Canvas, axes: Axes, keys: Sequence[Key]) -> Legend:
    handles, labels = zip(*keys, strict=True)
    return axes.legend(
        handles, labels, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(keys),
        frameon=False, fontsize=canvas.small, labelcolor=canvas.palette.muted, handlelength=1.7,
        handletextpad=0.5, columnspacing=1.2, borderpad=0, borderaxespad=0.85, handleheight=0.75,
    )  # fmt: skip
