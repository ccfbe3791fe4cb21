"""Spend by period, inline."""

import datetime as dt
from collections.abc import Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data.scales import Tick, period_ticks
from usage_tracker.render.chart_data.spend import KIND_LABELS, MIN_SLOTS, Bar, bars_by_kind
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.axes import ACROSS, Frame, chart, curves, labels_below, levels, tip
from usage_tracker.render.html.event_mark import happening
from usage_tracker.render.html.markup import Markup, leaf

_HEIGHT, _AIR = 130, 1.08
_WIDE, _NARROW = 9, 4
_MOST = 800
_DOUBTED = {"uncertain", "short"}
_GAP, _BESIDE, _FEW = 0.12, 0.4, 150


def draw(bars: Sequence[Bar], of: str, by: By, calendar: Calendar) -> Markup:
    """The last of the `bars` (one at least) of the account called `of`."""
    drawn = bars[-_MOST:]
    most = max(bar.usd or 0.0 for bar in drawn)
    frame = Frame(0, max(len(drawn), MIN_SLOTS), 0, most * _AIR or 1.0, _HEIGHT)
    told = f"Spend of {formatting.plain(of)} by {by}, at most {formatting.dollars(most)}"
    shapes = [curves(frame, *_outlines(frame, drawn))] if len(drawn) > _FEW else []
    slots = (_slot(frame, i, bar, by, calendar) for i, bar in enumerate(drawn))
    names = _names(frame, drawn, by, calendar)
    return chart(frame, told, levels(frame, 4), names, *shapes, *slots)


def _outlines(frame: Frame, drawn: Sequence[Bar]) -> Iterator[Markup]:
    """Bars too thin to stand alone: one shape of each kind, without seams."""
    for kind, found in bars_by_kind(drawn).items():
        path = "".join(_outline(frame, i, usd) for i, usd in found)
        yield leaf("path", class_=kind, d=path)


def _outline(frame: Frame, i: int, usd: float) -> str:
    left, right = (frame.share(edge) * ACROSS / 100 for edge in (i, i + 1))
    return f"M{left:.1f} {frame.height}V{_top(frame, usd):g}H{right:.1f}V{frame.height}Z"


def _top(frame: Frame, usd: float) -> float:
    """What is known to be nothing still leaves a trace; what is unknown leaves none."""
    return min(frame.y(usd), frame.height - 1.5)


def _names(frame: Frame, drawn: Sequence[Bar], by: By, calendar: Calendar) -> Markup:
    starts = [bar.start for bar in drawn]
    wide, narrow = (
        [Tick(tick.at + 0.5, tick.label) for tick in period_ticks(starts, by, calendar, most)]
        for most in (_WIDE, _NARROW)
    )
    return labels_below(frame, wide, narrow)


def _slot(frame: Frame, i: int, bar: Bar, by: By, calendar: Calendar) -> Markup:
    at = dt.datetime.fromtimestamp(bar.start, dt.UTC)
    doubt = f" ({KIND_LABELS[bar.kind][0].format(by=by)})" if bar.kind in _DOUBTED else ""
    text = f"{calendar.period(at, by)}: {formatting.dollars(bar.usd)}{doubt}"
    text = ", ".join([text, *(mark.label for mark in bar.marks)])
    return tip(text, *_marks(frame, i, bar))


def _marks(frame: Frame, i: int, bar: Bar) -> Iterator[Markup]:
    slot = {"x": frame.x(i), "width": frame.wide(1)}
    ground = "haze" if bar.usd is None else "tip"
    yield leaf("rect", class_=ground, height=frame.height, **slot)
    if bar.usd is not None and frame.end <= _FEW:
        y, place = _top(frame, bar.usd), {"x": frame.x(i + _GAP), "width": frame.wide(1 - 2 * _GAP)}
        yield leaf("rect", class_=bar.kind, y=y, height=round(frame.height - y, 1), **place)
    middle = (len(bar.marks) - 1) / 2
    for turn, mark in enumerate(bar.marks):
        across = frame.x(i + 0.5 + (turn - middle) * _BESIDE)
        yield happening(mark.kind, x=across, y=frame.height)
