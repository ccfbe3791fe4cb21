"""Spend by period: a bar each, hatched where it is not wholly known."""

from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data.palette import Palette
from usage_tracker.render.chart_data.scales import period_ticks
from usage_tracker.render.chart_data.spend import LEAST, Bar, Kind, places
from usage_tracker.render.mpl.canvas import Canvas

_THIN = 3.0
_AIR, _BESIDE = 1.07, 0.4


def draw(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...], by: By) -> None:
    """Draw `bars` on bare `axes`, equally wide, one beside the other."""
    if not bars:
        canvas.say_nothing(axes)
        return
    canvas.dollars(axes, 0, _AIR * max(bar.usd or 0.0 for bar in bars) or 1.0)
    axes.set_xlim(-0.5, max(len(bars), LEAST) - 0.5)
    _shade_unknown(canvas, axes, bars)
    if axes.bbox.width / len(bars) < _THIN:
        _draw_outlines(canvas, axes, bars)
    else:
        _draw_bars(canvas, axes, bars)
    _mark_events(canvas, axes, bars)
    ticks = period_ticks([b.start for b in bars], by, canvas.calendar, canvas.labels_along(axes))
    canvas.name(axes, ticks)


def look(kind: Kind, colours: Palette) -> dict[str, Any]:
    """How a bar of this kind is filled, or the place of one that is unknown."""
    if kind == "uncertain":
        return {"fc": colours.faint, "ec": colours.spend, "hatch": "////", "linewidth": 0}
    fill = {"whole": colours.spend, "short": colours.faint, "unknown": colours.haze}[kind]
    return {"color": fill, "linewidth": 0}


def _draw_bars(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    least = _trace(axes)
    for kind, drawn in places(bars).items():
        across, heights = zip(*((place, max(usd, least)) for place, usd in drawn), strict=True)
        axes.bar(across, heights, width=0.76, zorder=2, **look(kind, canvas.palette))


def _draw_outlines(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    """Bars too thin to be told apart, as one shape of each kind."""
    edges, least = np.arange(len(bars) + 1) - 0.5, _trace(axes)
    for kind, drawn in places(bars).items():
        heights = np.full(len(bars), np.nan)
        for place, usd in drawn:
            heights[place] = max(usd, least)
        axes.stairs(heights, edges, fill=True, zorder=2, **look(kind, canvas.palette))


def _trace(axes: Axes) -> float:
    """What is known to be nothing still leaves a trace; what is unknown leaves none."""
    return float(axes.get_ylim()[1] * 1.5 / axes.bbox.height)


def _shade_unknown(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    for unknown, run in groupby(enumerate(bars), key=lambda item: item[1].usd is None):
        places = [place for place, _ in run]
        if unknown:
            canvas.shade(axes, places[0] - 0.5, places[-1] + 0.5)


def _mark_events(canvas: Canvas, axes: Axes, bars: tuple[Bar, ...]) -> None:
    """What happened in a period besides spending, side by side at its foot."""
    for place, bar in enumerate(bars):
        middle = (len(bar.marks) - 1) / 2
        for i, mark in enumerate(bar.marks):
            canvas.mark(axes, place + (i - middle) * _BESIDE, mark.kind)
