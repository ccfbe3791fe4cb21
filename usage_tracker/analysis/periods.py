"""Periods: hours, days, weeks and months as a calendar in some time zone has them.

Periods are half-open, [start, end). A day may have 23 or 25 hours; a week begins on
Monday; the first and the last period of a window are cut where the window is.
"""

import datetime as dt
from typing import Literal, get_args

import numpy as np
import pandas as pd

from usage_tracker.analysis.readings import Int64s
from usage_tracker.errors import MisuseError
from usage_tracker.times import HOUR, from_ms, midnight, to_ms

By = Literal["hour", "day", "week", "month"]
EVERY = get_args(By)

_STARTS = {"day": "D", "week": "W-MON", "month": "MS"}


class UnknownPeriodError(MisuseError):
    """A period that is none of the calendar's."""

    def __init__(self, by: object) -> None:
        super().__init__(f"{str(by)[:60]!r} is no period: use {', '.join(EVERY)}")


def edges(since: int, until: int, by: By, tz: dt.tzinfo) -> Int64s:
    """The boundaries of the periods that [since, until) is cut into: n + 1 moments (UTC ms)."""
    if by not in EVERY:
        raise UnknownPeriodError(by)
    starts = _hours(since, until, tz) if by == "hour" else _dates(since, until, by, tz)
    inside = starts[(starts > since) & (starts < until)]
    return np.concatenate(([since], inside, [until])).astype(np.int64)


def _hours(since: int, until: int, tz: dt.tzinfo) -> Int64s:
    local = from_ms(since).astimezone(tz)
    into = dt.timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return np.arange(since - into // dt.timedelta(milliseconds=1), until, HOUR, dtype=np.int64)


def _dates(since: int, until: int, by: By, tz: dt.tzinfo) -> Int64s:
    first, last = (from_ms(moment).astimezone(tz).date() for moment in (since, until))
    days = pd.date_range(first, last, freq=_STARTS[by])
    # A date that the zone skips begins when the next one does.
    return np.unique([to_ms(midnight(day.date(), tz)) for day in days]).astype(np.int64)
