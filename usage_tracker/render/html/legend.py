"""Legends of the inline charts; each explains only what its chart shows."""

from collections.abc import Iterable, Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.palette import EVENT_SHAPES
from usage_tracker.render.chart_data.spend import KIND_LABELS, Bar, Heatmap
from usage_tracker.render.html import heat
from usage_tracker.render.html.axes import event_mark
from usage_tracker.render.html.markup import Markup, element, leaf

_CLASSES = {"uncertain": "uncertain", "short": "short", "unknown": "haze"}


def balance_legend(data: BurnDown, depletion: Depletion) -> Iterator[Markup]:
    """Yield the names of the lines and marks of a burn-down."""
    if data.line.gaps:
        yield _line("balance bridge", "gap: no snapshots")
    if data.forecast is not None:
        yield _patch("fan", f"{formatting.percent(depletion.level)} interval")
        yield _line("median", "even odds")
    if data.ends.linear is not None:
        yield _line("linear", "straight line")
    yield from _events(kind for _, kind in data.marks)


def spend_legend(bars: Sequence[Bar], by: By) -> Iterator[Markup]:
    """Yield the names of the kinds of bars that are not whole, and of the marks."""
    kinds = {bar.kind for bar in bars}
    for kind, (name, _) in KIND_LABELS.items():
        if kind in kinds:
            yield _patch(_CLASSES[kind], name.format(by=by))
    yield from _events(mark.kind for bar in bars for mark in bar.marks)


def heat_legend(hours: Heatmap) -> Iterator[Markup]:
    """Yield the dollars an hour of each shade, and the pattern of unknown hours."""
    shades = heat.shades(hours)
    for i, (class_, most) in enumerate(shades):
        bound = f"to {formatting.dollars(most)}" if i else f"$0 to {formatting.dollars(most)}"
        if not most:
            bound = formatting.dollars(most)
        yield _patch(class_, f"{bound} an hour" if i == len(shades) - 1 else bound)
    if any(usd is None for day in hours for usd in day):
        yield _patch("blank", "unknown")


def _events(kinds: Iterable[str]) -> Iterator[Markup]:
    found = set(kinds)
    for kind in EVENT_SHAPES:
        if kind in found:
            yield _entry(event_mark(kind, x=5, y=5), 10, formatting.event_name(kind))


def _line(class_: str, name: str) -> Markup:
    return _entry(leaf("path", class_=class_, d="M0 5H22"), 22, name)


def _patch(class_: str, name: str) -> Markup:
    return _entry(leaf("rect", class_=class_, width=18, height=10), 18, name)


def _entry(mark: Markup, width: int, name: str) -> Markup:
    return element("li", element("svg", mark, aria_hidden="true", width=width, height=10), name)
