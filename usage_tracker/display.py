"""Base class of values that notebooks display as HTML.

The HTML comes from `render.notebook`, a higher layer: it is imported by name, and only
when a notebook displays a value.
"""

from importlib import import_module


class Displayed:
    """A value with the `_repr_html_` that IPython calls."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = import_module("usage_tracker.render.notebook").html(self)
        return html
