"""Histories that come from elsewhere: parsed and checked aside first, then brought in at once."""
