"""Spend as bars by period, and as a heat map of the hours of the week."""

from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data.palette import Palette
from usage_tracker.render.chart_data.scales import period_ticks
from usage_tracker.render.chart_data.spend import (
    DAYS,
    MIN_SLOTS,
    Bar,
    Heatmap,
    Kind,
    bars_by_kind,
    intensity,
    most_expensive,
)
from usage_tracker.render.mpl.canvas import Canvas

# Narrower bars (in pixels) become one outline: antialiasing would blur them into each other.
_MIN_BAR = 3.0
_BAR_WIDTH, _MARK_DISTANCE = 0.76, 0.4
_HEADROOM = 1.07


def draw_bars(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...], by: By) -> None:
    """Draw `bars` side by side on empty `axes`."""
    if not bars:
        canvas.write_no_data(axes)
        return
    canvas.dollar_axis(axes, 0, _HEADROOM * max(bar.usd or 0.0 for bar in bars) or 1.0)
    axes.set_xlim(-0.5, max(len(bars), MIN_SLOTS) - 0.5)
    _shade_unknown(canvas, axes, bars)
    _fill(canvas, axes, bars)
    _mark_events(canvas, axes, bars)
    ticks = period_ticks([b.start for b in bars], by, canvas.calendar, canvas.max_dates(axes))
    canvas.label_x(axes, ticks)


def bar_style(kind: Kind, palette: Palette) -> dict[str, Any]:
    """Return the fill of bars of a kind, or of the slot of an unknown one."""
    if kind == "uncertain":
        return {"fc": palette.faint, "ec": palette.spend, "hatch": "////", "linewidth": 0}
    fill = {"whole": palette.spend, "short": palette.faint, "unknown": palette.haze}[kind]
    return {"color": fill, "linewidth": 0}


def _fill(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    # A known zero leaves a visible trace, an unknown period none.
    trace = float(axes.get_ylim()[1] * 1.5 / axes.bbox.height)
    thin = axes.bbox.width / len(bars) < _MIN_BAR
    for kind, drawn in bars_by_kind(bars).items():
        heights = np.full(len(bars), np.nan)
        for i, usd in drawn:
            heights[i] = max(usd, trace)
        style = bar_style(kind, canvas.palette)
        if thin:
            edges = np.arange(len(bars) + 1) - 0.5
            axes.stairs(heights, edges, fill=True, zorder=2, **style)
        else:
            (known,) = np.nonzero(~np.isnan(heights))
            axes.bar(known, heights[known], width=_BAR_WIDTH, zorder=2, **style)


def _shade_unknown(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    for unknown, run in groupby(enumerate(bars), key=lambda item: item[1].usd is None):
        slots = [i for i, _ in run]
        if unknown:
            canvas.shade(axes, slots[0] - 0.5, slots[-1] + 0.5)


def _mark_events(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    """Draw the event marks of each period side by side on the x axis."""
    for i, bar in enumerate(bars):
        middle = (len(bar.marks) - 1) / 2
        for turn, mark in enumerate(bar.marks):
            canvas.mark(axes, i + (turn - middle) * _MARK_DISTANCE, mark.kind)


def draw_heatmap(canvas: Canvas, axes: Axes, hours: Heatmap) -> None:
    """Draw the hours of the week on empty `axes`."""
    if not hours:
        canvas.write_no_data(axes)
        return
    top, palette = most_expensive(hours), canvas.palette
    cells = [[np.nan if usd is None else intensity(usd, top) for usd in day] for day in hours]
    ramp = LinearSegmentedColormap.from_list("spend", palette.heat)
    axes.pcolormesh(
        np.arange(25), np.arange(8), np.ma.masked_invalid(cells), vmin=0, vmax=1,
        cmap=ramp.with_extremes(bad=palette.haze), edgecolors=palette.surface, linewidth=1.2,
    )  # fmt: skip
    axes.set_ylim(7, 0)
    axes.set_yticks(np.arange(7) + 0.5, DAYS)
    ticks = range(0, 25, 6 if axes.bbox.width < 26 * canvas.small else 3)
    axes.set_xticks(list(ticks), [f"{hour:02d}" for hour in ticks])


def heatmap_scale(hours: Heatmap) -> str:
    """Return the meaning of the strongest colour: `up to $1.20 an hour`."""
    return f"up to {formatting.dollars(most_expensive(hours))} an hour" if hours else ""
