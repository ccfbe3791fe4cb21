"""The figures as a reader sees them."""

import itertools
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from usage_tracker.render.mpl.canvas import house_style


def drawn(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text that can be seen, and the pixels it covers."""
    with house_style():
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        figure.draw(renderer)
        texts: list[Any] = figure.findobj(Text)
        seen = (text for text in texts if text.get_text().strip() and text.get_visible())
        return [(text.get_text(), Text.get_window_extent(text, renderer)) for text in seen]


def overlap(a: Bbox, b: Bbox) -> bool:
    wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return bool(wide > 1 and high > 1)


def overlapping(texts: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    """The pairs of `texts` that cover some of the same place."""
    pairs = itertools.combinations(texts, 2)
    return [(a, b) for (a, first), (b, second) in pairs if overlap(first, second)]


def texts_of(figure: Figure) -> list[str]:
    """Every text that can be seen."""
    return [text for text, _ in drawn(figure)]
