"""The burn-down: the balance so far, and the fan of what may come of it."""

from typing import Any

from matplotlib.axes import Axes

from usage_tracker import words
from usage_tracker.analysis.depletion import Depletion
from usage_tracker.render.charts.canvas import Canvas
from usage_tracker.render.plots import captions
from usage_tracker.render.plots.balance import BurnDown
from usage_tracker.render.plots.line import Point

_AIR, _AIR_BELOW = 1.07, 1.25
_DOTTED, _DASHED = (1.2, 1.6), (4.0, 2.4)
_WORTH_SHADING = 0.02
# The width of a date at the edge, in letters' heights.
_BEYOND = 8.5


def draw(canvas: Canvas, axes: Axes, picture: BurnDown) -> None:
    """Draw the lines of `picture` on bare `axes`."""
    if picture.line.last is None:
        canvas.say_nothing(axes)
        return
    canvas.dollars(axes, picture.floor * _AIR_BELOW, (picture.top or 1.0) * _AIR)
    canvas.moments(axes, picture.start, picture.end)
    if picture.silence > _WORTH_SHADING * picture.length:
        canvas.shade(axes, picture.line.last[0], picture.present)
    for gap in picture.line.gaps:
        canvas.shade(axes, *gap)
    _draw_ahead(canvas, axes, picture, picture.line.last)
    _draw_line(canvas, axes, picture)
    _mark_depletion(canvas, axes, picture)
    for at, kind in picture.marks:
        canvas.mark(axes, at, kind)


def annotate(canvas: Canvas, axes: Axes, picture: BurnDown, depletion: Depletion) -> None:
    """Write the top-ups and the last balance beside the line, and its prospect in the corner."""
    if picture.line.last is None:
        return
    _name_steps(canvas, axes, picture)
    _name_balance(canvas, axes, picture, picture.line.last)
    _make_room(axes, picture, _tell_prospect(canvas, axes, depletion), 1.8 * canvas.size)


def _name_balance(canvas: Canvas, axes: Axes, picture: BurnDown, last: Point) -> None:
    """The last balance: right of the line's end where there is room, else clear of the line."""
    text = words.dollars(last[1])
    low, top = axes.get_ylim()
    pixel, second = (top - low) / axes.bbox.height, picture.length / axes.bbox.width
    width = 0.7 * canvas.small * len(text) * second
    above, below = picture.end_allows(width, 5 * pixel)
    needed = 2.2 * canvas.size * pixel
    below = below and not above and (picture.floor < 0 or last[1] - low > needed)
    if picture.end - last[0] > width:
        _note(canvas, axes, last, text, (6, 5), ("left", "bottom"), weight="bold")
    elif below:
        axes.set_ylim(min(low, last[1] - needed), top)
        _note(canvas, axes, last, text, (0, -7), ("right", "top"), weight="bold")
    else:
        _note(canvas, axes, last, text, (0, 7), ("right", "bottom"), weight="bold")


def _draw_ahead(canvas: Canvas, axes: Axes, picture: BurnDown, now: Point) -> None:
    colours, ahead = canvas.palette, picture.ahead
    if ahead is not None:
        band = axes.fill_between(ahead.times, ahead.low, ahead.high, zorder=2)
        band.set(color=colours.fan, linewidth=0)
        xs, ys = zip(*ahead.until_nothing(), strict=True)
        axes.plot(xs, ys, color=colours.balance, linewidth=1.4, dashes=_DASHED, zorder=3)
    if picture.ends.linear is not None and now[1] > 0:
        xs, ys = (now[0], picture.ends.linear), (now[1], 0.0)
        axes.plot(xs, ys, color=colours.muted, linewidth=0.9, dashes=(1, 2.2), zorder=2.8)


def _draw_line(canvas: Canvas, axes: Axes, picture: BurnDown) -> None:
    for stretch in picture.line.stretches:
        xs, ys = zip(*stretch.points, strict=True)
        line = axes.plot(xs, ys, color=canvas.palette.balance, linewidth=1.9, zorder=4)[0]
        line.set_solid_joinstyle("round")
        if stretch.bridged:
            line.set(linewidth=1.3, dashes=_DOTTED)
    if picture.line.last is not None:
        _mark(canvas, axes, picture.line.last, "o", canvas.palette.balance)


def _mark_depletion(canvas: Canvas, axes: Axes, picture: BurnDown) -> None:
    """The interval and the median of the end, on the line of nothing."""
    colour = canvas.palette.out
    if picture.interval is not None:
        bar = axes.plot(picture.interval, (0, 0), color=colour, zorder=5)[0]
        bar.set(linewidth=3, alpha=0.6, clip_on=False, solid_capstyle="butt")
    if picture.ends.median is not None and picture.ends.median <= picture.end:
        _mark(canvas, axes, (picture.ends.median, 0), "D", colour)
    if picture.goes_on:
        _mark(canvas, axes, (picture.end, 0), ">", colour)
    beyond = picture.beyond(_BEYOND * canvas.small * picture.length / axes.bbox.width)
    if beyond is not None:
        told, place = captions.beyond(beyond, canvas.calendar), (picture.end, 0.0)
        _note(canvas, axes, place, told, (0, 5), ("right", "bottom"), color=colour)


def _mark(canvas: Canvas, axes: Axes, at: Point, shape: str, colour: str) -> None:
    axes.plot(
        *at, shape, color=colour, markersize=0.42 * canvas.size, zorder=6, clip_on=False,
        markeredgecolor=canvas.palette.surface, markeredgewidth=1.2,
    )  # fmt: skip


def _name_steps(canvas: Canvas, axes: Axes, picture: BurnDown) -> None:
    """What each top-up brought, where that fits beside its step without hiding the line."""
    low, top = axes.get_ylim()
    label_height = 1.4 * canvas.small * (top - low) / axes.bbox.height
    second = picture.length / axes.bbox.width
    taken = picture.start
    for step in picture.line.steps:
        text = f"+{words.dollars(step.usd).removesuffix('.00')}"
        left = step.at - (0.62 * canvas.small * len(text) + 4) * second
        head = picture.line.level_after(step)
        clear = max([head - step.usd, *picture.line.within(left, step.at)]) < head - label_height
        if step.kind == "top_up" and clear and left >= taken:
            colour = canvas.palette.credit
            _note(canvas, axes, (step.at, head), text, (-4, 0), ("right", "top"), color=colour)
            taken = step.at


def _tell_prospect(canvas: Canvas, axes: Axes, depletion: Depletion) -> Point:
    """Write the date in the upper right corner; the width and height this takes."""
    colours, step = canvas.palette, 1.35 * canvas.size
    urgent = depletion.median is not None or depletion.state == "depleted"
    told = captions.prospect(depletion, canvas.calendar)
    size = {"fontsize": canvas.size, "weight": "bold"}
    width = _corner(canvas, axes, 0, told, color=colours.out if urgent else colours.ink, **size)
    span = captions.interval(depletion, canvas.calendar)
    if not span:
        return width, 1.3 * step
    below = _corner(canvas, axes, step, span, color=colours.muted, fontsize=canvas.small)
    return max(width, below), 2.3 * step


def _corner(canvas: Canvas, axes: Axes, down: float, text: str, **look: Any) -> float:
    note = axes.annotate(
        text, (1, 1), (0, -2 - down), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", zorder=7, bbox=canvas.ground, **look,
    )  # fmt: skip
    return canvas.extent(note)[0]


def _make_room(axes: Axes, picture: BurnDown, corner: Point, label: float) -> None:
    """Raise the ceiling until no line, nor the `label` above the last balance, is in the corner."""
    width, height = (side / whole for side, whole in zip(corner, axes.bbox.size, strict=True))
    left = picture.end - picture.length * min(width + 0.03, 1.0)
    low, top = axes.get_ylim()
    highest = picture.highest_from(left)
    if picture.line.last is not None and picture.line.last[0] > left - 0.1 * picture.length:
        highest = max(highest, picture.line.last[1] + (top - low) * label / axes.bbox.height)
    axes.set_ylim(low, max(top, low + (highest - low) / (1 - min(height, 0.6))))


def _note(
    canvas: Canvas, axes: Axes, at: Point, text: str, offset: Point, align: tuple[str, str],
    color: str | None = None, weight: str = "normal",
) -> None:  # fmt: skip
    """A label beside a point of the line, legible where lines pass behind it."""
    axes.annotate(
        text, at, offset, textcoords="offset points", fontsize=canvas.small, zorder=6.5,
        ha=align[0], va=align[1], color=color or canvas.palette.ink, weight=weight,
        bbox=canvas.ground,
    )  # fmt: skip
