"""Spend by period as an inline bar chart."""

import datetime as dt
from collections.abc import Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data.scales import Tick, period_ticks
from usage_tracker.render.chart_data.spend import KIND_LABELS, MIN_SLOTS, Bar, bars_by_kind
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.axes import (
    ACROSS,
    ChartAxes,
    chart,
    curves,
    event_mark,
    grid,
    tick_labels,
    tooltip,
)
from usage_tracker.render.html.markup import Markup, leaf

_HEIGHT, _HEADROOM = 130, 1.08
_TICKS, _TICKS_NARROW = 9, 4
_MOST_BARS = 800
# More bars than this are too thin to be drawn one by one.
_SEPARATE_BARS = 150
# The gap beside a bar and the distance between its marks, in bars.
_GAP, _MARK_DISTANCE = 0.12, 0.4
_EXPLAINED = {"uncertain", "short"}


def draw(bars: Sequence[Bar], account: str, by: By, calendar: Calendar) -> Markup:
    """Return the chart of the last of `bars` (at least one) of `account`."""
    shown = bars[-_MOST_BARS:]
    most = max(bar.usd or 0.0 for bar in shown)
    axes = ChartAxes(0, max(len(shown), MIN_SLOTS), 0, most * _HEADROOM or 1.0, _HEIGHT)
    name = f"Spend of {formatting.plain(account)} by {by}, at most {formatting.dollars(most)}"
    shapes = [curves(axes, *_shapes(axes, shown))] if len(shown) > _SEPARATE_BARS else []
    slots = (_slot(axes, i, bar, by, calendar) for i, bar in enumerate(shown))
    return chart(axes, name, grid(axes, 4), _labels(axes, shown, by, calendar), *shapes, *slots)


def _shapes(axes: ChartAxes, shown: Sequence[Bar]) -> Iterator[Markup]:
    """Yield one shape without seams for all bars of a kind."""
    for kind, bars in bars_by_kind(shown).items():
        yield leaf("path", class_=kind, d="".join(_outline(axes, i, usd) for i, usd in bars))


def _outline(axes: ChartAxes, i: int, usd: float) -> str:
    left, right = (axes.share(edge) * ACROSS / 100 for edge in (i, i + 1))
    return f"M{left:.1f} {axes.height}V{_top(axes, usd):g}H{right:.1f}V{axes.height}Z"


def _top(axes: ChartAxes, usd: float) -> float:
    """Return the upper edge of a bar; zero spend is visible, unlike unknown spend."""
    return min(axes.y(usd), axes.height - 1.5)


def _labels(axes: ChartAxes, shown: Sequence[Bar], by: By, calendar: Calendar) -> Markup:
    starts = [bar.start for bar in shown]
    wide, narrow = (
        [Tick(tick.at + 0.5, tick.label) for tick in period_ticks(starts, by, calendar, most)]
        for most in (_TICKS, _TICKS_NARROW)
    )
    return tick_labels(axes, wide, narrow)


def _slot(axes: ChartAxes, i: int, bar: Bar, by: By, calendar: Calendar) -> Markup:
    at = dt.datetime.fromtimestamp(bar.start, dt.UTC)
    kind = f" ({KIND_LABELS[bar.kind][0].format(by=by)})" if bar.kind in _EXPLAINED else ""
    text = f"{calendar.period(at, by)}: {formatting.dollars(bar.usd)}{kind}"
    return tooltip(
        ", ".join([text, *(mark.label for mark in bar.marks)]), *_shapes_of(axes, i, bar)
    )


def _shapes_of(axes: ChartAxes, i: int, bar: Bar) -> Iterator[Markup]:
    background = {"x": axes.x(i), "width": axes.width(1)}
    class_ = "haze" if bar.usd is None else "tip"
    yield leaf("rect", class_=class_, height=axes.height, **background)
    if bar.usd is not None and axes.end <= _SEPARATE_BARS:
        y = _top(axes, bar.usd)
        place = {"x": axes.x(i + _GAP), "width": axes.width(1 - 2 * _GAP)}
        yield leaf("rect", class_=bar.kind, y=y, height=round(axes.height - y, 1), **place)
    middle = (len(bar.marks) - 1) / 2
    for j, mark in enumerate(bar.marks):
        x = axes.x(i + 0.5 + (j - middle) * _MARK_DISTANCE)
        yield event_mark(mark.kind, x=x, y=axes.height)
