"""What a notebook gives when it asks: moments, zones and numbers, read alike wherever it asks.

A moment is an aware datetime (a Timestamp is one) or text as the command line takes it, a
zone a tzinfo, an IANA name or an offset such as +08:00. What is neither is misuse, told in
one line.
"""

import datetime as dt
import math
import numbers

from usage_tracker import times
from usage_tracker.errors import MisuseError
from usage_tracker.money import fits

Moment = dt.datetime | str
Zone = dt.tzinfo | str


class NotAMomentError(MisuseError):
    """A value of a kind that no moment has."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{repr(value)[:60]} is not a time: use an aware datetime, or text such as "
            "2026-11-23T13:15+08:00, 20261123 or 7d"
        )


class NotANumberError(MisuseError):
    """Something else where a number was asked for."""

    def __init__(self, value: object, wanted: str) -> None:
        super().__init__(f"{repr(value)[:60]} is not {wanted}")


def moment_ms(moment: Moment, now: int, tz: dt.tzinfo, *, ahead: bool = False) -> int:
    """`moment` in UTC ms; text is read as `times.moment_ms` reads it, from `now` and in `tz`.

    Raises:
        NotAMomentError, NaiveMomentError, UnreadableTimeError: it is no moment.
    """
    if isinstance(moment, str):
        return times.moment_ms(moment, now, tz, ahead=ahead)
    if not isinstance(moment, dt.datetime):
        raise NotAMomentError(moment)
    return times.to_ms(moment)


def zone(tz: Zone) -> dt.tzinfo:
    """The zone `tz`, which need not have a name.

    Raises:
        UnknownZoneError: the machine knows no such zone.
    """
    return tz if isinstance(tz, dt.tzinfo) else named_zone(tz)


def named_zone(tz: Zone) -> dt.tzinfo:
    """Return the zone `tz`, which must be an IANA zone, a fixed offset or the name of either.

    Raises as `zone`.
    """
    return times.zone(times.zone_name(tz) if isinstance(tz, dt.tzinfo) else str(tz))


def units(balance: float) -> int:
    """`balance`, a finite number, in whole units.

    Raises:
        NotANumberError: it is none.
    """
    if not _is_number(balance) or not fits(whole := round(balance)):
        raise NotANumberError(balance, "a balance: use a whole number of gateway units")
    return whole


def units_per_usd(value: float) -> int:
    """`value`, a whole number of units to the dollar, 1 at least.

    Raises:
        NotANumberError: it is none.
    """
    if not _is_number(value) or value < 1 or value % 1 or not fits(int(value)):
        raise NotANumberError(value, "a quota_per_unit: use a whole number from 1 on, as 500000")
    return int(value)


def probability(p: float) -> float:
    """`p`, a number; whether it is a probability is judged where it is used.

    Raises:
        NotANumberError: it is none.
    """
    if not _is_number(p):
        raise NotANumberError(p, "a probability: use a number between 0 and 1, as 0.8")
    return float(p)


def _is_number(value: object) -> bool:
    """Whether `value` is a finite number; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return isinstance(value, numbers.Integral) or math.isfinite(value)
