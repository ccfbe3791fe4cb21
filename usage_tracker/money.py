"""Gateway units and dollars.

A gateway counts in whole units, `quota_per_unit` of them to the dollar (500 000 at
AIHubMix; at others it may be a fraction, such as 68493.15). Units are stored and summed;
dollars are only shown.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from decimal import Decimal

UNITS_PER_USD: Final = 500_000
LEAST_UNITS_PER_USD: Final = 0.000001
MOST_UNITS_PER_USD: Final = 2**63 - 1

SMALLEST, LARGEST = -(2**63), 2**63 - 1
"""The limits of a signed 64-bit integer, as which units are stored."""

SUM_TOO_LARGE = "quota + used_quota is beyond 64 bits"
"""Why two counters are refused that `fits_int64` each: the ledger adds them."""


def fits_int64(number: int) -> bool:
    """Return whether `number` fits a signed 64-bit integer."""
    return SMALLEST <= number <= LARGEST


def clamp_int64(number: int) -> int:
    """Return the signed 64-bit integer that is nearest to `number`."""
    return min(max(number, SMALLEST), LARGEST)


def as_quota_per_unit(value: object) -> float | None:
    """Return `value` as units per dollar, an int if it is whole; None if it is invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    valid = LEAST_UNITS_PER_USD <= value <= MOST_UNITS_PER_USD  # not true of NaN
    return int_if_whole(value) if valid else None


def parse_quota_per_unit(text: str) -> float | None:
    """Return the units per dollar that `text` names; None if they are invalid."""
    try:
        number = int(text) if text.isdecimal() else float(text)
    except ValueError:
        return None
    return None if "_" in text else as_quota_per_unit(number)


def int_if_whole(number: "Decimal | float") -> float:
    """Return the finite `number` as an int if it is whole, else as a float."""
    whole = int(number)
    return whole if whole == number else float(number)


def usd(units: int, quota_per_unit: float = UNITS_PER_USD) -> float:
    """Return `units` in dollars, rounded to six places."""
    if isinstance(quota_per_unit, int):
        return round(units / quota_per_unit, 6)
    # Imported here: it takes longer than `tracker status` may, for a rare kind of gateway.
    from fractions import Fraction

    return float(round(Fraction(int(units)) / Fraction(str(quota_per_unit)), 6))


def units(dollars: float, quota_per_unit: float = UNITS_PER_USD) -> int:
    """Return `dollars` in units, rounded to a whole number."""
    return round(dollars * quota_per_unit)
