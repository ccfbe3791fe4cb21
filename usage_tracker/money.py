"""Gateway units and dollars.

A gateway counts in whole units, `quota_per_unit` of them to the dollar
(500 000 at AIHubMix). Units are stored and summed; dollars are only shown.
"""

UNITS_PER_USD = 500_000

_INT64 = 2**63


def fits(number: int) -> bool:
    """Whether `number` can be kept where units are: in 64 bits, one of them for its sign."""
    return -_INT64 <= number < _INT64


def usd(units: int, quota_per_unit: int = UNITS_PER_USD) -> float:
    """The worth of `units` in dollars, rounded to six places."""
    return round(units / quota_per_unit, 6)


def units(dollars: float, quota_per_unit: int = UNITS_PER_USD) -> int:
    """The whole number of units nearest to `dollars`."""
    return round(dollars * quota_per_unit)
