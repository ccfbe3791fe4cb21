"""Values that show themselves in a notebook.

How they look is decided floors above them, in `render.notebook`. They ask for it by name,
and only when a notebook asks them, so that nothing else pays for it.
"""

from importlib import import_module


class Displayed:
    """A value that IPython, and whatever else asks for `_repr_html_`, shows as HTML."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = import_module("usage_tracker.render.notebook").html(self)
        return html
