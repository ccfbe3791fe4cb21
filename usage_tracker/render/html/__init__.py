"""A report as one HTML file."""

from usage_tracker.render.html.page import render
from usage_tracker.reporting.model import Detail

DETAILS = Detail.ALL

__all__ = ["DETAILS", "render"]
