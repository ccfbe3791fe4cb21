"""The burn-down: the balance so far, and the fan of what may come of it."""

from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.text import Text

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data import captions, labels
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.labels import Space
from usage_tracker.render.chart_data.line import Point
from usage_tracker.render.mpl.canvas import Canvas

_AIR, _AIR_BELOW = 1.07, 1.25
_DOTTED, _DASHED = (1.2, 1.6), (4.0, 2.4)
_SILENT = "no snapshots"
# The width of a date at the edge, in letters' heights.
_BEYOND = 8.5
# From one row of the corner to the next, in letters' heights.
_STEP = 1.35


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a label stands: the point it names, pixels away from it, and the alignment."""

    at: Point
    offset: Point
    align: tuple[str, str]


def draw(canvas: Canvas, axes: Axes, picture: BurnDown) -> None:
    """Draw the lines of `picture` on bare `axes`."""
    if picture.line.last is None:
        canvas.say_nothing(axes)
        return
    canvas.dollars(axes, picture.floor * _AIR_BELOW, (picture.top or 1.0) * _AIR)
    canvas.moments(axes, picture.start, picture.end)
    for start, end in picture.dark:
        canvas.shade(axes, start, end)
    _draw_ahead(canvas, axes, picture, picture.line.last)
    _draw_line(canvas, axes, picture)
    _mark_depletion(canvas, axes, picture)
    for at, kind in picture.marks:
        canvas.mark(axes, at, kind)


def annotate(canvas: Canvas, axes: Axes, picture: BurnDown, depletion: Depletion) -> None:
    """Write the prospect in the corner; the last balance and the top-ups beside the line."""
    if picture.line.last is None:
        return
    corner = _tell_prospect(canvas, axes, depletion)
    end = _place_end(canvas, axes, picture, picture.line.last)
    _make_room(canvas, axes, picture, corner, end)
    balance = formatting.dollars(picture.line.last[1])
    named = _note(canvas, axes, end, balance, color=canvas.palette.ink, weight="bold")
    taken = [canvas.space(axes, text) for text in (*corner, named)]
    _name_steps(canvas, axes, picture, taken)
    _name_silence(canvas, axes, picture, taken)


def _place_end(canvas: Canvas, axes: Axes, picture: BurnDown, last: Point) -> _Place:
    """Where the last balance is told: right of the line's end where there is room.

    Else clear of the line: just above its end or below, or above all of it that is left of
    the end, such as a step there.
    """
    low, top = axes.get_ylim()
    pixel, second = (top - low) / axes.bbox.height, picture.length / axes.bbox.width
    width = 0.7 * canvas.small * len(formatting.dollars(last[1])) * second
    if picture.end - last[0] > width:
        return _Place(last, (6, 5), ("left", "bottom"))
    above, below = picture.end_allows(width, 5 * pixel)
    needed = 2.2 * canvas.size * pixel
    if below and not above and (picture.floor < 0 or last[1] - low > needed):
        axes.set_ylim(min(low, last[1] - needed), top)
        return _Place(last, (0, -7), ("right", "top"))
    passed = picture.line.within(last[0] - width, last[0])
    return _Place((last[0], max([last[1], *passed])), (0, 7), ("right", "bottom"))


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
        place = _Place((picture.end, 0.0), (0, 5), ("right", "bottom"))
        _note(canvas, axes, place, captions.beyond(beyond, canvas.calendar), color=colour)


def _mark(canvas: Canvas, axes: Axes, at: Point, shape: str, colour: str) -> None:
    axes.plot(
        *at, shape, color=colour, markersize=0.42 * canvas.size, zorder=6, clip_on=False,
        markeredgecolor=canvas.palette.surface, markeredgewidth=1.2,
    )  # fmt: skip


def _name_steps(canvas: Canvas, axes: Axes, picture: BurnDown, taken: list[Space]) -> None:
    """What each top-up brought, beside its step; of all of them or of none."""
    top = axes.get_ylim()[1]
    for label in labels.of_top_ups(picture, canvas.lettering(axes), top, taken):
        across, align = (-4, "right") if label.before else (4, "left")
        up, edge = (1, "bottom") if label.above else (0, "top")
        place = _Place((label.at, label.usd), (across, up), (align, edge))
        _note(canvas, axes, place, label.text, color=canvas.palette.credit)
        taken.append(label.space)


def _name_silence(canvas: Canvas, axes: Axes, picture: BurnDown, taken: list[Space]) -> None:
    """Say of the shaded times what they are, below or above all that is drawn there."""
    low, top = axes.get_ylim()
    size, air = canvas.lettering(axes), 0.04 * (top - low)
    half = size.letter * (len(_SILENT) + 1) / 2
    for start, end in picture.dark:
        middle = (start + end) / 2
        drawn = picture.reach(middle - half, middle + half) or (top, low)
        below = Space(middle - half, middle + half, low + air, low + air + size.row)
        above = replace(below, low=drawn[1] + air, high=drawn[1] + air + size.row)
        fitting = [below] if below.high < drawn[0] else []
        fitting += [above] if above.high < top else []
        free = [space for space in fitting if not any(map(space.meets, taken))]
        if free and end - start > 2 * half:
            _tell_silence(canvas, axes, middle, free[0].low)


def _tell_silence(canvas: Canvas, axes: Axes, at: float, usd: float) -> None:
    note = axes.text(at, usd, _SILENT, ha="center", va="bottom")
    note.set(color=canvas.palette.muted, fontsize=canvas.small)


def _tell_prospect(canvas: Canvas, axes: Axes, depletion: Depletion) -> list[Text]:
    """Write the date in the upper right corner, and its interval below."""
    colours = canvas.palette
    urgent = depletion.median is not None or depletion.state == "depleted"
    told = captions.prospect(depletion, canvas.calendar)
    size = {"fontsize": canvas.size, "weight": "bold"}
    date = _corner(canvas, axes, 0, told, color=colours.out if urgent else colours.ink, **size)
    span = captions.interval(depletion, canvas.calendar)
    if not span:
        return [date]
    down = _STEP * canvas.size
    return [date, _corner(canvas, axes, down, span, color=colours.muted, fontsize=canvas.small)]


def _corner(canvas: Canvas, axes: Axes, down: float, text: str, **look: Any) -> Text:
    return axes.annotate(
        text, (1, 1), (0, -2 - down), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", zorder=7, bbox=canvas.ground, **look,
    )  # fmt: skip


def _make_room(
    canvas: Canvas, axes: Axes, picture: BurnDown, corner: list[Text], end: _Place
) -> None:
    """Raise the ceiling until no line, nor the label of the last balance, is in the corner."""
    width = max(canvas.extent(text)[0] for text in corner) / axes.bbox.width
    height = (len(corner) + 0.3) * _STEP * canvas.size / axes.bbox.height
    left = picture.end - picture.length * min(width + 0.03, 1.0)
    low, top = axes.get_ylim()
    highest = picture.highest_from(left)
    if end.at[0] > left - 0.1 * picture.length:
        label = 1.8 * canvas.size * (top - low) / axes.bbox.height
        highest = max(highest, end.at[1] + label)
    axes.set_ylim(low, max(top, low + (highest - low) / (1 - min(height, 0.6))))


def _note(canvas: Canvas, axes: Axes, place: _Place, text: str, **look: Any) -> Text:
    """A label beside a point of the line, legible where lines pass behind it."""
    return axes.annotate(
        text, place.at, place.offset, textcoords="offset points", fontsize=canvas.small,
        zorder=6.5, ha=place.align[0], va=place.align[1], bbox=canvas.ground, **look,
    )  # fmt: skip
