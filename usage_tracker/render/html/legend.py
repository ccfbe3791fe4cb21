"""Keys to the inline charts, only for what they show."""

from collections.abc import Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.palette import EVENT_SHAPES
from usage_tracker.render.chart_data.spend import KIND_LABELS, Bar, Heatmap
from usage_tracker.render.html import heat
from usage_tracker.render.html.event_mark import happening
from usage_tracker.render.html.markup import Markup, element, leaf

_CLASSES = {"uncertain": "uncertain", "short": "short", "unknown": "haze"}


def of_balance(picture: BurnDown, depletion: Depletion) -> Iterator[Markup]:
    """Names of the lines of a burn-down."""
    if picture.line.gaps:
        yield _line("balance bridge", "gap: no snapshots")
    if picture.forecast is not None:
        yield _patch("fan", f"{formatting.percent(depletion.level)} interval")
        yield _line("median", "even odds")
    if picture.ends.linear is not None:
        yield _line("linear", "straight line")
    yield from _marks({kind for _, kind in picture.marks})


def of_spend(bars: Sequence[Bar], by: By) -> Iterator[Markup]:
    """Names of the marks of a bar chart."""
    found = {bar.kind for bar in bars}
    yield from (
        _patch(_CLASSES[kind], name.format(by=by))
        for kind, (name, _) in KIND_LABELS.items()
        if kind in found
    )
    yield from _marks({mark.kind for bar in bars for mark in bar.marks})


def of_week(hours: Heatmap) -> Iterator[Markup]:
    """How many dollars an hour each shade stands for, and what is not known."""
    shades = heat.shades(hours)
    for i, (class_, most) in enumerate(shades):
        bound = f"to {formatting.dollars(most)}" if i else f"$0 to {formatting.dollars(most)}"
        if not most:
            bound = formatting.dollars(most)
        yield _patch(class_, f"{bound} an hour" if i == len(shades) - 1 else bound)
    if any(usd is None for day in hours for usd in day):
        yield _patch("blank", "unknown")


def _marks(found: set[str]) -> Iterator[Markup]:
    for kind in filter(found.__contains__, EVENT_SHAPES):
        yield _item(happening(kind, x=5, y=5), 10, formatting.event_name(kind))


def _line(class_: str, name: str) -> Markup:
    return _item(leaf("path", class_=class_, d="M0 5H22"), 22, name)


def _patch(class_: str, name: str) -> Markup:
    return _item(leaf("rect", class_=class_, width=18, height=10), 18, name)


def _item(mark: Markup, width: int, name: str) -> Markup:
    return element("li", element("svg", mark, aria_hidden="true", width=width, height=10), name)
