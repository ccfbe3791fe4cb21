"""Whole numbers as gateways write them.

A counter may come as an integer, an integral float or a string of digits; it is
never guessed from anything else, and has to fit 64 bits.
"""

import re

from usage_tracker.money import fits

_DIGITS = re.compile(r"-?[0-9]{1,20}")
_EXACT = 2.0**53


def whole(value: object) -> int | None:
    """The 64-bit integer that `value` stands for; `None` if it stands for none."""
    number = _integer(value)
    return None if number is None or not fits(number) else number


def _integer(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, float) and abs(value) <= _EXACT and value.is_integer():
        return int(value)
    return None
