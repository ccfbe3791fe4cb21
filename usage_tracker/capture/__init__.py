"""Asking a gateway what is left: one call, one answer or one explained failure."""
