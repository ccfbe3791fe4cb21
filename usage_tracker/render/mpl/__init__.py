"""Charts as matplotlib figures and as PNG and SVG files. Nothing else imports matplotlib."""

from usage_tracker.render.mpl.figure import DETAILS, Kind, plot
from usage_tracker.render.mpl.files import UnknownPictureError, format_of, picture, save

__all__ = ["DETAILS", "Kind", "UnknownPictureError", "format_of", "picture", "plot", "save"]
