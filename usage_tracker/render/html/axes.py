"""The axes of an inline chart that is as wide as the page, and what is drawn on them.

Positions across are percentages and heights are pixels, so that one chart fits a phone and
a desktop without its text shrinking. Only curves are in a stretched coordinate system,
`ACROSS` units wide, in which their strokes keep their width.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from usage_tracker.render.chart_data.palette import CREDIT_KINDS, EVENT_SHAPES
from usage_tracker.render.chart_data.scales import Tick, dollar_ticks
from usage_tracker.render.html.markup import Attribute, Markup, element, join, leaf

ACROSS = 1000
_LABEL_HEIGHT = 26
# Labels further right than this (percent) end at their position instead of being centred.
_NEAR_THE_EDGE = 96
_MARK_SIZE = 4.5


@dataclass(frozen=True, slots=True)
class ChartAxes:
    """A plot of `height` pixels over [start, end] by [low, top] dollars."""

    start: float
    end: float
    low: float
    top: float
    height: int

    def share(self, at: float) -> float:
        """Return the position of `at` across, in percent."""
        return 100 * (at - self.start) / (self.end - self.start)

    def x(self, at: float) -> str:
        """Return the position of `at` as an SVG length."""
        return percent(self.share(at))

    def width(self, length: float) -> str:
        """Return a length across as an SVG length."""
        return percent(100 * length / (self.end - self.start))

    def y(self, usd: float) -> float:
        """Return the pixels below the upper edge."""
        return round(self.height * (self.top - usd) / (self.top - self.low), 1)

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """Return `points` as the data of a path in the stretched coordinate system."""
        places = ((self.share(at) * ACROSS / 100, self.y(usd)) for at, usd in points)
        return "M" + "L".join(f"{x:.1f} {y:g}" for x, y in _thinned(list(places)))


def _thinned(places: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield at most four points a unit across: the first, lowest, highest and last."""
    if len(places) <= ACROSS:
        yield from places
        return
    columns: dict[int, list[tuple[float, float]]] = {}
    for place in places:
        columns.setdefault(int(place[0]), []).append(place)
    for column in columns.values():
        heights = [y for _, y in column]
        lowest, highest = heights.index(min(heights)), heights.index(max(heights))
        yield from (column[i] for i in sorted({0, lowest, highest, len(column) - 1}))


def percent(share: float) -> str:
    """Return a share of the width as an SVG length."""
    return f"{round(share, 3):g}%"


def chart(axes: ChartAxes, name: str, *parts: str) -> Markup:
    """Return the `<svg>` around `parts`; assistive technology reads `name`."""
    height = axes.height + _LABEL_HEIGHT
    return element("svg", *parts, class_="chart", role="img", aria_label=name, height=height)


def curves(axes: ChartAxes, *paths: str) -> Markup:
    """Return the stretched coordinate system with `paths` in it."""
    box = f"0 0 {ACROSS} {axes.height}"
    return element(
        "svg", *paths, width="100%", height=axes.height, viewBox=box, preserveAspectRatio="none"
    )


def grid(axes: ChartAxes, most: int = 5) -> Markup:
    """Return lines at round dollars, labelled on the left."""
    return join(_grid_line(axes, tick) for tick in dollar_ticks(axes.low, axes.top, most))


def _grid_line(axes: ChartAxes, tick: Tick) -> Markup:
    y, class_ = axes.y(tick.at), "grid" if tick.at else "zero"
    label = element("text", tick.label, class_="left", x=-8, y=y, dy=".32em")
    return join((leaf("line", class_=class_, x2="100%", y1=y, y2=y), label))


def tick_labels(axes: ChartAxes, wide: Sequence[Tick], narrow: Sequence[Tick]) -> Markup:
    """Return labels below the plot: `wide` on a desktop, the fewer `narrow` on a phone."""
    if len(narrow) == len(wide):
        return join(_label(axes, tick, None) for tick in wide)
    labels = [_label(axes, tick, "wide") for tick in wide]
    return join(labels + [_label(axes, tick, "narrow") for tick in narrow])


def _label(axes: ChartAxes, tick: Tick, class_: str | None) -> Markup:
    share = axes.share(tick.at)
    anchor = "end" if share > _NEAR_THE_EDGE else "middle"
    x, y = percent(share), axes.height + 20
    return element("text", tick.label, class_=class_, x=x, y=y, text_anchor=anchor)


def event_mark(kind: str, **place: Attribute) -> Markup:
    """Return the shape of an event's `kind` around `x`, a share of the width, and `y` in pixels."""
    corners = (f"{_MARK_SIZE * x:g} {-_MARK_SIZE * y:g}" for x, y in EVENT_SHAPES[kind])
    class_ = "mark in" if kind in CREDIT_KINDS else "mark"
    return element("svg", leaf("path", class_=class_, d=f"M{'L'.join(corners)}Z"), **place)


def tooltip(text: str, *marks: str) -> Markup:
    """Return `marks` that show `text` under the pointer."""
    return element("g", element("title", text), *marks)


def hover_area(axes: ChartAxes, start: float, end: float) -> Markup:
    """Return an invisible strip of the plot for a tooltip."""
    place = {"x": axes.x(start), "width": axes.width(end - start)}
    return leaf("rect", class_="tip", height=axes.height, **place)
