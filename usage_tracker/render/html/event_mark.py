"""The mark of an event on an inline chart."""

from usage_tracker.render.chart_data.palette import CREDIT_KINDS, EVENT_SHAPES
from usage_tracker.render.html.markup import Attribute, Markup, element, leaf

_SIZE = 4.5


def happening(kind: str, **place: Attribute) -> Markup:
    """The outline of an event's `kind` around `x`, a share of the width, and `y` in pixels."""
    corners = (f"{_SIZE * x:g} {-_SIZE * y:g}" for x, y in EVENT_SHAPES[kind])
    class_ = "mark in" if kind in CREDIT_KINDS else "mark"
    return element("svg", leaf("path", class_=class_, d=f"M{'L'.join(corners)}Z"), **place)
