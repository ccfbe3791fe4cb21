"""Gateway units and dollars.

A gateway counts in whole units, `quota_per_unit` of them to the dollar (500 000 at
AIHubMix). Units are stored and summed; dollars are only shown.
"""

UNITS_PER_USD = 500_000


def fits_int64(number: int) -> bool:
    """Return whether `number` fits a signed 64-bit integer, as units are stored."""
    return -(2**63) <= number < 2**63


def usd(units: int, quota_per_unit: int = UNITS_PER_USD) -> float:
    """Return `units` in dollars, rounded to six places."""
    return round(units / quota_per_unit, 6)


def units(dollars: float, quota_per_unit: int = UNITS_PER_USD) -> int:
    """Return `dollars` in units, rounded to a whole number."""
    return round(dollars * quota_per_unit)
