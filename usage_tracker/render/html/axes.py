"""The frame of an inline chart that is as wide as the page.

Places across are percentages, heights are pixels, so one drawing fits a phone and a
desk without its letters shrinking. Only curves live in a stretched coordinate system,
`ACROSS` units wide, in which their strokes keep their width.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from usage_tracker.render.chart_data.scales import Tick, dollar_ticks
from usage_tracker.render.html.markup import Markup, element, leaf, together

ACROSS = 1000
_BELOW = 26
_NEAR_THE_EDGE = 96


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot of `height` pixels over [start, end] by [low, top] dollars."""

    start: float
    end: float
    low: float
    top: float
    height: int

    def share(self, at: float) -> float:
        """Where `at` is across, in percent."""
        return 100 * (at - self.start) / (self.end - self.start)

    def x(self, at: float) -> str:
        """The same as an SVG length."""
        return percent(self.share(at))

    def wide(self, length: float) -> str:
        """A length of the axis across."""
        return percent(100 * length / (self.end - self.start))

    def y(self, usd: float) -> float:
        """Pixels below the upper edge."""
        return round(self.height * (self.top - usd) / (self.top - self.low), 1)

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """`points` as the data of a path in the stretched system."""
        places = ((self.share(at) * ACROSS / 100, self.y(usd)) for at, usd in points)
        return "M" + "L".join(f"{x:.1f} {y:g}" for x, y in _thinned(list(places)))


def _thinned(places: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """At most four points for each unit across: where the curve enters, turns and leaves."""
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
    """A length across, in percent of the width."""
    return f"{round(share, 3):g}%"


def chart(frame: Frame, name: str, *parts: str) -> Markup:
    """The `<svg>` around `parts`, known to assistive technology by `name`."""
    height = frame.height + _BELOW
    return element("svg", *parts, class_="chart", role="img", aria_label=name, height=height)


def curves(frame: Frame, *paths: str) -> Markup:
    """The stretched coordinate system, with `paths` in it."""
    box = f"0 0 {ACROSS} {frame.height}"
    return element(
        "svg", *paths, width="100%", height=frame.height, viewBox=box, preserveAspectRatio="none"
    )


def levels(frame: Frame, most: int = 5) -> Markup:
    """Lines at round dollars, labelled on the left."""
    return together(_level(frame, tick) for tick in dollar_ticks(frame.low, frame.top, most))


def _level(frame: Frame, tick: Tick) -> Markup:
    y, line = frame.y(tick.at), "grid" if tick.at else "zero"
    label = element("text", tick.label, class_="left", x=-8, y=y, dy=".32em")
    return together((leaf("line", class_=line, x2="100%", y1=y, y2=y), label))


def labels_below(frame: Frame, wide: Sequence[Tick], narrow: Sequence[Tick]) -> Markup:
    """Labels under the plot: one set of them where there is room, a sparser one on a phone."""
    if len(narrow) == len(wide):
        return together(_label(frame, tick, None) for tick in wide)
    labels = [_label(frame, tick, "wide") for tick in wide]
    return together(labels + [_label(frame, tick, "narrow") for tick in narrow])


def _label(frame: Frame, tick: Tick, class_: str | None) -> Markup:
    share = frame.share(tick.at)
    anchor = "end" if share > _NEAR_THE_EDGE else "middle"
    x, y = percent(share), frame.height + 20
    return element("text", tick.label, class_=class_, x=x, y=y, text_anchor=anchor)


def tip(text: str, *marks: str) -> Markup:
    """`marks` that tell `text` when pointed at."""
    return element("g", element("title", text), *marks)


def sensor(frame: Frame, start: float, end: float) -> Markup:
    """An invisible strip of the plot, to be pointed at."""
    place = {"x": frame.x(start), "width": frame.wide(end - start)}
    return leaf("rect", class_="tip", height=frame.height, **place)
