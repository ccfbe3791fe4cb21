"""Charts as matplotlib figures, PNG and SVG files. No other package imports matplotlib."""

from usage_tracker.render.mpl.figure import (
    DETAILS,
    Kind,
    UnknownPictureError,
    format_of,
    picture,
    plot,
    save,
)

__all__ = ["DETAILS", "Kind", "UnknownPictureError", "format_of", "picture", "plot", "save"]
