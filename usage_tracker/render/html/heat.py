"""Mean spend by hour of the week as an inline heat map."""

from collections.abc import Iterator

from usage_tracker import formatting
from usage_tracker.render.chart_data.palette import LIGHT
from usage_tracker.render.chart_data.scales import Tick
from usage_tracker.render.chart_data.spend import DAYS, Heatmap, intensity, most_expensive
from usage_tracker.render.html.axes import ChartAxes, chart, percent, tick_labels, tooltip
from usage_tracker.render.html.markup import Attribute, Markup, element, leaf

_ROW = 20
_SHADES = len(LIGHT.heat)


def draw(hours: Heatmap, account: str) -> Markup:
    """Return the week of `account`: 7 rows of 24 cells."""
    axes = ChartAxes(0, 24, 0, 1, 7 * _ROW)
    ticks = [Tick(hour, f"{hour:02d}:00") for hour in range(0, 24, 3)]
    top = most_expensive(hours)
    name = (
        f"Mean spend of {formatting.plain(account)} by hour of the week,"
        f" at most {formatting.dollars(top)} an hour"
    )
    cells = (cell for day in range(7) for cell in _row(axes, day, hours, top))
    return chart(axes, name, tick_labels(axes, ticks, ticks[::2]), *cells)


def shades(hours: Heatmap) -> list[tuple[str, float]]:
    """Return the class of each shade and its highest dollars an hour, palest first."""
    top = most_expensive(hours)
    if top <= 0:
        return [("h0", 0.0)]
    return [(f"h{i}", top * ((i + 1) / _SHADES) ** 2) for i in range(_SHADES)]


def _row(axes: ChartAxes, day: int, hours: Heatmap, top: float) -> Iterator[Markup]:
    middle = (day + 0.5) * _ROW
    yield element("text", DAYS[day], class_="left", x=-8, y=middle, dy=".32em")
    width = percent(100 / 24 - 0.25)
    for hour, usd in enumerate(hours[day]):
        shade, text = "blank", "not known"
        if usd is not None:
            shade = f"h{min(int(intensity(usd, top) * _SHADES), _SHADES - 1)}"
            text = f"{formatting.dollars(usd)} an hour"
        place: dict[str, Attribute] = {"x": axes.x(hour), "y": day * _ROW + 1, "width": width}
        cell = leaf("rect", class_=shade, height=_ROW - 2, **place)
        yield tooltip(f"{DAYS[day]} {hour:02d}:00: {text}", cell)
