"""Coercion of arguments from a notebook: moments, time zones and numbers.

A moment is an aware datetime (such as a Timestamp), a date (its first instant in the zone asked
for), a datetime64 (in UTC) or text as the command line accepts it, a zone a tzinfo, an IANA name
or an offset such as +08:00. Every other value raises a MisuseError.
"""

import datetime as dt
import math
import numbers

import numpy as np

from usage_tracker import times
from usage_tracker.errors import MisuseError
from usage_tracker.money import as_quota_per_unit, fits_int64, int_if_whole, units

_MOST_DOLLARS = 1e25
"""More than 64 bits of the largest unit; beyond it a float overflows."""

Moment = dt.date | np.datetime64 | str
Zone = dt.tzinfo | str


class NotAMomentError(MisuseError):
    """A value that is neither a datetime, a date nor text."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{repr(value)[:60]} is not a time: use an aware datetime, a date, or text such as "
            "2026-11-23T13:15+08:00, 20261123 or 7d"
        )


class NotANumberError(MisuseError):
    """A value that is not a suitable number."""

    def __init__(self, value: object, expected: str) -> None:
        super().__init__(f"{repr(value)[:60]} is not {expected}")


def coerce_moment(moment: Moment, now: int, tz: dt.tzinfo, *, ahead: bool = False) -> int:
    """Return `moment` in UTC ms; text is parsed by `times.parse_moment`.

    Raises:
        NotAMomentError, NaiveMomentError, UnreadableTimeError: It is not a moment.
    """
    if isinstance(moment, str):
        return times.parse_moment(moment, now, tz, ahead=ahead)
    if isinstance(moment, dt.datetime):
        return times.to_ms(moment)
    if isinstance(moment, dt.date):
        return times.to_ms(times.midnight(moment, tz))
    found = _datetime64_ms(moment)
    if found is None:
        raise NotAMomentError(moment)
    return found


def coerce_zone(tz: Zone) -> dt.tzinfo:
    """Return `tz` as a tzinfo, which may be any. Raises UnknownZoneError for an unknown name."""
    return tz if isinstance(tz, dt.tzinfo) else coerce_named_zone(tz)


def coerce_named_zone(tz: Zone) -> dt.tzinfo:
    """Return `tz` as a tzinfo; it must be an IANA zone, a fixed offset or the name of either.

    Raises:
        UnknownZoneError: The machine knows no such zone.
    """
    return times.parse_zone(times.zone_name(tz) if isinstance(tz, dt.tzinfo) else str(tz))


def coerce_units(balance: float) -> int:
    """Return `balance` as an int; it must be a whole number. Raises NotANumberError."""
    number = int(balance) if _is_finite_number(balance) else None
    if number is None or number != balance or not fits_int64(number):
        raise NotANumberError(
            balance, "a balance: use a whole number of gateway units, or balance_usd= for dollars"
        )
    return number


def coerce_usd(dollars: float, quota_per_unit: float) -> int:
    """Return `dollars` in units. Raises NotANumberError."""
    computable = _is_finite_number(dollars) and abs(dollars) < _MOST_DOLLARS
    number = units(dollars, quota_per_unit) if computable else None
    if number is None or not fits_int64(number):
        raise NotANumberError(dollars, "a balance in dollars: use a number such as 50.5")
    return number


def coerce_days(days: int) -> int:
    """Return `days`, a whole number above 0, as an int. Raises NotANumberError."""
    if not _is_finite_number(days) or days < 1 or int(days) != days:
        raise NotANumberError(days, "a number of days: use a whole number above 0")
    return int(days)


def coerce_quota_per_unit(value: float) -> float:
    """Return `value`, a positive number, as an int if it is whole. Raises NotANumberError."""
    number = int_if_whole(value) if _is_finite_number(value) else None
    unit = as_quota_per_unit(number)
    if unit is None:
        raise NotANumberError(
            value, "a quota_per_unit: use a number above 0, such as 500000 or 68493.15"
        )
    return unit


def coerce_probability(p: float) -> float:
    """Return `p` as a float; its range is checked where it is used. Raises NotANumberError."""
    if not _is_finite_number(p):
        raise NotANumberError(p, "a probability: use a number between 0 and 1, such as 0.8")
    return float(p)


def _datetime64_ms(moment: object) -> int | None:
    if not isinstance(moment, np.datetime64) or np.isnat(moment):
        return None
    found = int(moment.astype("datetime64[ms]").astype(np.int64))
    return found if 0 <= found <= times.LAST_MOMENT else None


def _is_finite_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return isinstance(value, numbers.Integral) or math.isfinite(value)
