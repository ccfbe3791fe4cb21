"""Amounts as people and spreadsheets write them: `49,321,000`, `1.234,56`, `$58.14`.

One separator before three digits can be either of two things. In a file that is separated by
semicolons a comma is the decimal mark, because spreadsheets use the semicolon where the comma
is taken, and a point is refused; elsewhere a comma separates thousands.
"""

import re
from fractions import Fraction
from typing import Final

from usage_tracker.money import fits_int64
from usage_tracker.store.importing.validation import ValidationError

_NUMBER: Final = re.compile(
    r"(?P<sign>[+\-\u2212]?)\s*"
    r"(?P<whole>[1-9]\d{0,2}(?P<group>[.,'\u2019 ])\d{3}(?:(?P=group)\d{3})*|\d*)"
    r"(?:(?P<point>[.,])(?P<fraction>\d+))?",
    re.ASCII,
)
_CURRENCY: Final = re.compile(r"US\$|\$|USD|美元", re.IGNORECASE)
_LONGEST = 40
_ONE_GROUP = 6
NOT_AN_INTEGER: Final = "is not a whole number of 64 bits"


def read_units(text: str, *, semicolons: bool) -> int:
    """Return `text` as whole gateway units. Raises ValidationError."""
    number = _parse(text, semicolons=semicolons)
    if number is None:
        raise ValidationError(NOT_AN_INTEGER)
    if _CURRENCY.search(text) or number.denominator != 1:
        raise ValidationError(f"{NOT_AN_INTEGER}: if it is in dollars, add --unit usd")
    return _checked(number.numerator)


def read_dollars(text: str, quota_per_unit: float, *, semicolons: bool) -> int:
    """Return `text`, in dollars, as gateway units, rounded. Raises ValidationError."""
    number = _parse(text, semicolons=semicolons)
    if number is None:
        raise ValidationError("is not an amount in dollars")
    return _checked(round(number * Fraction(str(quota_per_unit))))


def _parse(text: str, *, semicolons: bool) -> Fraction | None:
    """Return the number in `text`, without a currency; None if there is none."""
    found = _NUMBER.fullmatch(_CURRENCY.sub("", text[:_LONGEST]).strip())
    if found is None or len(text) > _LONGEST or found["point"] == (found["group"] or ""):
        return None
    whole, fraction = found["whole"], found["fraction"] or ""
    if _is_fraction(found, semicolons=semicolons):
        whole, fraction = re.split(r"[.,]", whole)
    digits = re.sub(r"\D", "", whole)
    if not digits + fraction:
        return None
    number = Fraction(int(digits + fraction), 10 ** len(fraction))
    return -number if found["sign"] in {"-", "\u2212"} else number


def _is_fraction(found: re.Match[str], *, semicolons: bool) -> bool:
    """Return whether the only separator in the number is a decimal mark."""
    mark, digits = found["group"], re.sub(r"\D", "", found["whole"])
    if mark not in {".", ","} or found["fraction"] or len(digits) > _ONE_GROUP:
        return False
    if mark == "." and semicolons:
        raise ValidationError("has a point for thousands or for a fraction: write it without")
    return (mark == ",") == semicolons


def _checked(number: int) -> int:
    if not fits_int64(number):
        raise ValidationError(NOT_AN_INTEGER)
    return number
