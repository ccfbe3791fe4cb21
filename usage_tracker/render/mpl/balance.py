"""The burn-down chart: the balance so far, and the forecast with its interval."""

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

_HEADROOM, _FOOTROOM = 1.07, 1.25
GAP_DASHES, MEDIAN_DASHES, LINEAR_DASHES = (1.2, 1.6), (4.0, 2.4), (1.0, 2.2)
_NO_SNAPSHOTS = "no snapshots"
# The width of a date at the right edge, and the distance of rows in the corner, in letter heights.
_DATE_WIDTH, _ROW = 8.5, 1.35


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The position of a label: a point, an offset from it in pixels, and the alignment."""

    at: Point
    offset: Point
    align: tuple[str, str]


def draw(canvas: Canvas, axes: Axes, chart: BurnDown) -> None:
    """Draw the lines of `chart` on empty `axes`."""
    if chart.line.last is None:
        canvas.write_no_data(axes)
        return
    canvas.dollar_axis(axes, chart.floor * _FOOTROOM, (chart.top or 1.0) * _HEADROOM)
    canvas.time_axis(axes, chart.start, chart.end)
    for start, end in chart.unobserved:
        canvas.shade(axes, start, end)
    _draw_forecast(canvas, axes, chart, chart.line.last)
    _draw_line(canvas, axes, chart)
    _mark_depletion(canvas, axes, chart)
    for at, kind in chart.marks:
        canvas.mark(axes, at, kind)


def annotate(canvas: Canvas, axes: Axes, chart: BurnDown, depletion: Depletion) -> None:
    """Write the depletion date in the corner, the last balance and top-ups beside the line."""
    if chart.line.last is None:
        return
    corner = _write_depletion(canvas, axes, depletion)
    anchor = _anchor_of_balance(canvas, axes, chart, chart.line.last)
    _make_room(canvas, axes, chart, corner, anchor)
    balance = formatting.dollars(chart.line.last[1])
    written = _note(canvas, axes, anchor, balance, color=canvas.palette.text, weight="bold")
    taken = [canvas.space(axes, text) for text in (*corner, written)]
    _label_top_ups(canvas, axes, chart, taken)
    _label_unobserved(canvas, axes, chart, taken)


def _draw_forecast(canvas: Canvas, axes: Axes, chart: BurnDown, last: Point) -> None:
    palette, forecast = canvas.palette, chart.forecast
    if forecast is not None:
        band = axes.fill_between(forecast.times, forecast.low, forecast.high, zorder=2)
        band.set(color=palette.fan, linewidth=0)
        xs, ys = zip(*forecast.median_to_zero(), strict=True)
        axes.plot(xs, ys, color=palette.balance, linewidth=1.4, dashes=MEDIAN_DASHES, zorder=3)
    if chart.ends.linear is not None and last[1] > 0:
        xs, ys = (last[0], chart.ends.linear), (last[1], 0.0)
        axes.plot(xs, ys, color=palette.muted, linewidth=0.9, dashes=LINEAR_DASHES, zorder=2.8)


def _draw_line(canvas: Canvas, axes: Axes, chart: BurnDown) -> None:
    for stretch in chart.line.stretches:
        xs, ys = zip(*stretch.points, strict=True)
        line = axes.plot(xs, ys, color=canvas.palette.balance, linewidth=1.9, zorder=4)[0]
        line.set_solid_joinstyle("round")
        if stretch.bridged:
            line.set(linewidth=1.3, dashes=GAP_DASHES)
    if chart.line.last is not None:
        _dot(canvas, axes, chart.line.last, "o", canvas.palette.balance)


def _mark_depletion(canvas: Canvas, axes: Axes, chart: BurnDown) -> None:
    """Draw the interval and the median of the depletion on the zero line."""
    colour = canvas.palette.out
    if chart.interval is not None:
        bar = axes.plot(chart.interval, (0, 0), color=colour, zorder=5)[0]
        bar.set(linewidth=3, alpha=0.6, clip_on=False, solid_capstyle="butt")
    if chart.ends.median is not None and chart.ends.median <= chart.end:
        _dot(canvas, axes, (chart.ends.median, 0), "D", colour)
    if chart.continues:
        _dot(canvas, axes, (chart.end, 0), ">", colour)
    beyond = chart.beyond(_DATE_WIDTH * canvas.small * chart.length / axes.bbox.width)
    if beyond is not None:
        anchor = _Anchor((chart.end, 0.0), (0, 5), ("right", "bottom"))
        _note(canvas, axes, anchor, captions.beyond(beyond, canvas.calendar), color=colour)


def _dot(canvas: Canvas, axes: Axes, at: Point, shape: str, colour: str) -> None:
    axes.plot(
        *at, shape, color=colour, markersize=0.42 * canvas.size, zorder=6, clip_on=False,
        markeredgecolor=canvas.palette.surface, markeredgewidth=1.2,
    )  # fmt: skip


def _write_depletion(canvas: Canvas, axes: Axes, depletion: Depletion) -> list[Text]:
    """Write the depletion date in the upper right corner, and its interval below."""
    palette, size = canvas.palette, canvas.size
    is_projected = depletion.median is not None and depletion.state != "refilled"
    urgent = is_projected or depletion.state == "depleted"
    bold: dict[str, Any] = {
        "fontsize": size,
        "weight": "bold",
        "color": palette.out if urgent else palette.text,
    }
    plain: dict[str, Any] = {"fontsize": canvas.small, "color": palette.muted}
    rows = [(captions.runs_out(depletion, canvas.calendar), bold)]
    if interval := captions.interval(depletion, canvas.calendar):
        rows.append((interval, plain))
    return [
        axes.annotate(
            text, (1, 1), (0, -2 - row * _ROW * size), xycoords="axes fraction",
            textcoords="offset points", ha="right", va="top", zorder=7,
            bbox=canvas.backdrop, **style,
        )
        for row, (text, style) in enumerate(rows)
    ]  # fmt: skip


def _anchor_of_balance(canvas: Canvas, axes: Axes, chart: BurnDown, last: Point) -> _Anchor:
    """Place the last balance: right of the line's end if there is room, else clear of the line.

    Clear of the line is just above or below its end, or above all of the line to the left of
    it, such as a step.
    """
    low, top = axes.get_ylim()
    pixel, second = (top - low) / axes.bbox.height, chart.length / axes.bbox.width
    width = 0.7 * canvas.small * len(formatting.dollars(last[1])) * second
    if chart.end - last[0] > width:
        return _Anchor(last, (6, 5), ("left", "bottom"))
    above, below = chart.clear_at_end(width, 5 * pixel)
    needed = 2.2 * canvas.size * pixel
    if below and not above and (chart.floor < 0 or last[1] - low > needed):
        axes.set_ylim(min(low, last[1] - needed), top)
        return _Anchor(last, (0, -7), ("right", "top"))
    passed = chart.line.within(last[0] - width, last[0])
    return _Anchor((last[0], max([last[1], *passed])), (0, 7), ("right", "bottom"))


def _make_room(
    canvas: Canvas, axes: Axes, chart: BurnDown, corner: list[Text], balance: _Anchor
) -> None:
    """Raise the y axis until the corner is free of lines and of the last balance."""
    width = max(canvas.extent(text).width for text in corner) / axes.bbox.width
    height = (len(corner) + 0.3) * _ROW * canvas.size / axes.bbox.height
    left = chart.end - chart.length * min(width + 0.03, 1.0)
    low, top = axes.get_ylim()
    highest = chart.highest_from(left)
    if balance.at[0] > left - 0.1 * chart.length:
        label = 1.8 * canvas.size * (top - low) / axes.bbox.height
        highest = max(highest, balance.at[1] + label)
    axes.set_ylim(low, max(top, low + (highest - low) / (1 - min(height, 0.6))))


def _label_top_ups(canvas: Canvas, axes: Axes, chart: BurnDown, taken: list[Space]) -> None:
    """Write the amount of each top-up beside its step; all of them or none."""
    top = axes.get_ylim()[1]
    for label in labels.of_top_ups(chart, canvas.lettering(axes), top, taken):
        across, align = (-4, "right") if label.before else (4, "left")
        up, edge = (1, "bottom") if label.above else (0, "top")
        anchor = _Anchor((label.at, label.usd), (across, up), (align, edge))
        _note(canvas, axes, anchor, label.text, color=canvas.palette.credit)
        taken.append(label.space)


def _label_unobserved(canvas: Canvas, axes: Axes, chart: BurnDown, taken: list[Space]) -> None:
    """Write "no snapshots" into the shaded times, below or above the lines there."""
    low, top = axes.get_ylim()
    lettering, margin = canvas.lettering(axes), 0.04 * (top - low)
    half = lettering.letter * (len(_NO_SNAPSHOTS) + 1) / 2
    for start, end in chart.unobserved:
        middle = (start + end) / 2
        lowest, highest = chart.extremes(middle - half, middle + half) or (top, low)
        below = Space(middle - half, middle + half, low + margin, low + margin + lettering.row)
        above = replace(below, low=highest + margin, high=highest + margin + lettering.row)
        fitting = [below] if below.high < lowest else []
        fitting += [above] if above.high < top else []
        free = [space for space in fitting if not any(map(space.meets, taken))]
        if free and end - start > 2 * half:
            note = axes.text(middle, free[0].low, _NO_SNAPSHOTS, ha="center", va="bottom")
            note.set(color=canvas.palette.muted, fontsize=canvas.small)


def _note(canvas: Canvas, axes: Axes, anchor: _Anchor, text: str, **style: Any) -> Text:
    """Write a label beside a point of the line."""
    return axes.annotate(
        text, anchor.at, anchor.offset, textcoords="offset points", fontsize=canvas.small,
        zorder=6.5, ha=anchor.align[0], va=anchor.align[1], bbox=canvas.backdrop, **style,
    )  # fmt: skip
