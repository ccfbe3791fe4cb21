"""Periods: hours, days, weeks, months, quarters and years as a calendar in some time zone has them.

Periods are half-open, [start, end). A day may have 23 or 25 hours; a week begins on
Monday; the first and the last period of a window are cut where the window is. An hour
begins when the clock on the wall strikes, or is put into another hour: where clocks change
by half an hour, one of its hours is half an hour shorter or longer.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import pandas as pd

from usage_tracker.errors import MisuseError
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.times import DAY, HOUR, LAST_MOMENT, midnight, to_local, to_ms

By = Literal["hour", "day", "week", "month", "quarter", "year"]
EVERY = get_args(By)

_STARTS = {"day": "D", "week": "W-MON", "month": "MS", "quarter": "QS", "year": "YS"}
_DAYS = {"hour": 1, "day": 2, "week": 8, "month": 32, "quarter": 93, "year": 367}
"""More days than any such period has, a day that the zone skipped before it included."""


class UnknownPeriodError(MisuseError):
    """A period that is none of the calendar's."""

    def __init__(self, by: object) -> None:
        super().__init__(f"{str(by)[:60]!r} is no period: use {', '.join(EVERY)}")


class EmptyWindowError(MisuseError):
    """A window that ends before it begins."""

    def __init__(self, since: int, until: int, zone: dt.tzinfo) -> None:
        start, end = (f"{to_local(at, zone):%Y-%m-%d %H:%M}" for at in (since, until))
        super().__init__(
            f"nothing lies between {start} and {end}: since must be before until and as_of"
        )


def timestamps(moments: Int64s | Sequence[int]) -> pd.DatetimeIndex:
    """Return `moments` (n,) in UTC ms as Timestamps: `datetime64[ms, UTC]`."""
    return pd.DatetimeIndex(np.asarray(moments, np.int64).astype("datetime64[ms]"), tz="UTC")


def edges(since: int, until: int, by: By, tz: dt.tzinfo) -> Int64s:
    """The boundaries of the periods that [since, until) is cut into: n + 1 moments (UTC ms)."""
    starts = _starts(since, until, by, tz)
    inside = starts[(starts > since) & (starts < until)]
    return np.concatenate(([since], inside, [until])).astype(np.int64)


def start_of(moment: int, by: By, tz: dt.tzinfo) -> int:
    """Return when the calendar's period begins that holds `moment` (UTC ms)."""
    starts = _starts(moment - _DAYS[by] * DAY, min(moment + 1, LAST_MOMENT), by, tz)
    return int(starts[starts <= moment][-1])


def next_dates(moment: int, count: int, tz: dt.tzinfo) -> list[int]:
    """Return when each of the next `count` dates after `moment` begins (UTC ms), up to 9999."""
    today, last = to_local(moment, tz).toordinal(), dt.date.max.toordinal()
    dates = [dt.date.fromordinal(min(today + n, last)) for n in range(1, count + 1)]
    return [to_ms(midnight(date, tz)) for date in dates]


def _starts(since: int, until: int, by: By, tz: dt.tzinfo) -> Int64s:
    if by not in EVERY:
        raise UnknownPeriodError(by)
    return _hours(since, until, tz) if by == "hour" else _dates(since, until, by, tz)


def _hours(since: int, until: int, tz: dt.tzinfo) -> Int64s:
    changes = _changes(since, until, tz)
    stretches = pairwise([since, *changes, until])
    struck = [_full_hours(start, end, _offset(start, tz)) for start, end in stretches]
    jumps = [at for at in changes if _hour(at - 1, tz) != _hour(at, tz)]
    return np.unique(np.concatenate([*struck, np.array(jumps, np.int64)]))


def _full_hours(since: int, until: int, offset: int) -> Int64s:
    """When clocks `offset` (ms) ahead of UTC strike in [since, until)."""
    return np.arange(since + -(since + offset) % HOUR, until, HOUR, dtype=np.int64)


def _changes(since: int, until: int, tz: dt.tzinfo) -> list[int]:
    """When in (since, until) the clocks of `tz` are put forward or back."""
    looks = [*range(since, until, DAY), until - 1]
    offsets = [_offset(at, tz) for at in looks]
    days = zip(pairwise(looks), pairwise(offsets), strict=True)
    return [_change(*day, tz) for day, (before, after) in days if before != after]


def _change(start: int, end: int, tz: dt.tzinfo) -> int:
    """The first moment after `start`, at the latest `end`, with another offset than it has."""
    before = _offset(start, tz)
    while end - start > 1:
        middle = (start + end) // 2
        start, end = (middle, end) if _offset(middle, tz) == before else (start, middle)
    return end


def _hour(at: int, tz: dt.tzinfo) -> int:
    return (at + _offset(at, tz)) // HOUR


def _offset(at: int, tz: dt.tzinfo) -> int:
    """How far the clocks of `tz` are ahead of UTC at `at`, in ms."""
    return (to_local(at, tz).utcoffset() or dt.timedelta()) // dt.timedelta(milliseconds=1)


def _dates(since: int, until: int, by: By, tz: dt.tzinfo) -> Int64s:
    first, last = (to_local(moment, tz).date() for moment in (since, until))
    days = pd.date_range(first, last, freq=_STARTS[by])
    # A date that the zone skips begins when the next one does.
    return np.unique([to_ms(midnight(day.date(), tz)) for day in days]).astype(np.int64)
