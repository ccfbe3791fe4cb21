"""Charts as matplotlib figures, PNG and SVG files. No other package imports matplotlib.

The import raises MissingExtraError without the extra `plot`.
"""

from usage_tracker.installation import MissingExtraError

try:
    from usage_tracker.render.mpl.figure import (
        UnknownPictureError,
        draw_on,
        format_of,
        picture,
        plot,
        save,
    )
except ModuleNotFoundError as error:
    if error.name != "matplotlib":
        raise
    raise MissingExtraError("charts need matplotlib", "plot") from None

__all__ = ["UnknownPictureError", "draw_on", "format_of", "picture", "plot", "save"]
