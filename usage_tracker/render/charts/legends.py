"""Keys to what a chart shows, only for what it does show."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from usage_tracker.analysis.depletion import Depletion
from usage_tracker.analysis.periods import By
from usage_tracker.render import words
from usage_tracker.render.charts import spend
from usage_tracker.render.charts.canvas import Canvas
from usage_tracker.render.plots.balance import BurnDown
from usage_tracker.render.plots.spend import Bar, Kind

_KINDS: dict[Kind, str] = {"uncertain": "in part estimated or unknown", "short": "not a whole {by}"}


def of_balance(canvas: Canvas, axes: Axes, picture: BurnDown, depletion: Depletion) -> None:
    """Name the lines of a burn-down."""
    colours = canvas.palette
    keys: list[tuple[Artist, str]] = []
    if any(stretch.bridged for stretch in picture.line.stretches):
        keys.append((_line(colours.balance, (1.2, 1.6)), "gap: no snapshots"))
    if picture.ahead is not None:
        keys.append((Patch(color=colours.fan), f"{words.percent(depletion.level)} interval"))
        keys.append((_line(colours.balance, (4, 2.4)), "even odds"))
    if picture.ends.linear is not None:
        keys.append((_line(colours.muted, (1, 2.2)), "straight line"))
    _place(canvas, axes, keys)


def of_spend(canvas: Canvas, axes: Axes, bars: Sequence[Bar], by: By) -> None:
    """Name the marks of a bar chart."""
    found = {bar.kind for bar in bars}
    keys: list[tuple[Artist, str]] = [
        (Patch(**spend.look(kind, canvas.palette)), name.format(by=by))
        for kind, name in _KINDS.items()
        if kind in found
    ]
    if any(bar.credit > 0 for bar in bars):
        mark = Line2D([], [], color=canvas.palette.credit, marker="^", linestyle="none")
        mark.set_markersize(0.5 * canvas.size)
        keys.append((mark, "top-up"))
    _place(canvas, axes, keys)


def _line(colour: str, dashes: tuple[float, float]) -> Line2D:
    return Line2D([], [], color=colour, dashes=dashes)


def _place(canvas: Canvas, axes: Axes, keys: list[tuple[Artist, str]]) -> None:
    if not keys:
        return
    handles, labels = zip(*keys, strict=True)
    axes.legend(
        handles, labels, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(keys),
        frameon=False, fontsize=canvas.small, labelcolor=canvas.palette.muted, handlelength=1.7,
        handletextpad=0.5, columnspacing=1.4, borderpad=0, borderaxespad=0.85, handleheight=0.75,
    )  # fmt: skip
