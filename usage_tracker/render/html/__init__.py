"""A report as one HTML file."""

from usage_tracker.render.html.page import render

__all__ = ["render"]
