"""Mean spend by hour of the week, inline."""

from collections.abc import Iterator

from usage_tracker import formatting
from usage_tracker.render.chart_data.palette import LIGHT
from usage_tracker.render.chart_data.scales import Tick
from usage_tracker.render.chart_data.spend import DAYS, Heatmap, intensity, most_expensive
from usage_tracker.render.html.axes import Frame, chart, labels_below, percent, tip
from usage_tracker.render.html.markup import Attribute, Markup, element, leaf, together

_ROW = 20
_SHADES = len(LIGHT.heat)


def draw(hours: Heatmap, of: str) -> Markup:
    """The week of the account called `of`: 7 rows of 24 cells."""
    frame = Frame(0, 24, 0, 1, 7 * _ROW)
    marks = [Tick(hour, f"{hour:02d}:00") for hour in range(0, 24, 3)]
    most = formatting.dollars(most_expensive(hours))
    told = f"Mean spend of {formatting.plain(of)} by hour of the week, at most {most} an hour"
    rows = (_row(frame, day, hours) for day in range(7))
    return chart(frame, told, labels_below(frame, marks, marks[::2]), *rows)


def shades(hours: Heatmap) -> list[tuple[str, float]]:
    """The class of each shade and the dollars an hour up to which it goes, palest first."""
    top = most_expensive(hours)
    if top <= 0:
        return [("h0", 0.0)]
    return [(f"h{i}", top * ((i + 1) / _SHADES) ** 2) for i in range(_SHADES)]


def _row(frame: Frame, day: int, hours: Heatmap) -> Markup:
    middle = (day + 0.5) * _ROW
    name = element("text", DAYS[day], class_="left", x=-8, y=middle, dy=".32em")
    return together((name, *_cells(frame, day, hours)))


def _cells(frame: Frame, day: int, hours: Heatmap) -> Iterator[Markup]:
    width, top = percent(100 / 24 - 0.25), most_expensive(hours)
    for hour, usd in enumerate(hours[day]):
        shade = "blank" if usd is None else f"h{_shade(usd, top)}"
        worth = "not known" if usd is None else f"{formatting.dollars(usd)} an hour"
        place: dict[str, Attribute] = {"x": frame.x(hour), "y": day * _ROW + 1, "width": width}
        cell = leaf("rect", class_=shade, height=_ROW - 2, **place)
        yield tip(f"{DAYS[day]} {hour:02d}:00: {worth}", cell)


def _shade(usd: float, top: float) -> int:
    return min(int(intensity(usd, top) * _SHADES), _SHADES - 1)
