"""What a report is about: its window and periods, and the moments it must know for them."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from usage_tracker import times
from usage_tracker.analysis import calendar
from usage_tracker.analysis.calendar import By
from usage_tracker.errors import MisuseError
from usage_tracker.ledger.arrays import Int64s

RATES = (("1h", times.HOUR), ("24h", times.DAY), ("7d", 7 * times.DAY), ("30d", 30 * times.DAY))
DEFAULT_SPAN = 30 * times.DAY
MOST_HOURS = 200_000


class EmptyWindowError(MisuseError):
    """A window that ends before it begins."""

    def __init__(self, since: int, until: int, zone: dt.tzinfo) -> None:
        start, end = (f"{times.local(at, zone):%Y-%m-%d %H:%M}" for at in (since, until))
        super().__init__(
            f"nothing lies between {start} and {end}: since must be before until and as_of"
        )


class TooManyHoursError(MisuseError):
    """More periods than anybody reads, and than memory holds."""

    def __init__(self, hours: int) -> None:
        super().__init__(
            f"a report of {hours:,} hours is too long: use a later --since, or --by day"
        )


@dataclass(frozen=True)
class Frame:
    """What a report is about: the window [since, until) in UTC ms, as known at `as_of`."""

    since: int
    until: int
    as_of: int
    by: By
    zone: dt.tzinfo

    @classmethod
    def of(
        cls, as_of: int, since: int | None, until: int | None, by: By, zone: dt.tzinfo
    ) -> "Frame":
        """The last 30 days, unless told otherwise; nothing after `as_of`."""
        end = as_of if until is None else min(until, as_of)
        start = end - DEFAULT_SPAN if since is None else since
        if start >= end:
            raise EmptyWindowError(start, end, zone)
        hours = (end - start) // times.HOUR
        if by == "hour" and hours > MOST_HOURS:
            raise TooManyHoursError(hours)
        return cls(start, end, as_of, by, zone)

    @cached_property
    def edges(self) -> Int64s:
        """The boundaries of the periods."""
        return calendar.edges(self.since, self.until, self.by, self.zone)

    @cached_property
    def spans(self) -> list[tuple[dt.datetime, dt.datetime]]:
        """The starts and ends of the periods."""
        return list(pairwise(map(times.from_ms, self.edges.tolist())))

    @cached_property
    def moments(self) -> Int64s:
        """The moments at which the report must know the balance, ascending."""
        starts = [self.until - length for _, length in RATES]
        moments = (self.edges, starts, [self.as_of])
        return np.unique(np.concatenate(moments).astype(np.int64))
