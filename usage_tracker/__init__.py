"""The usage history of an AIHubMix account (or one of its relatives)."""

__version__ = "0.1.0"
