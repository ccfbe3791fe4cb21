"""What a report is asked for: a window, its periods, and the moments it must know for them."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from usage_tracker import times
from usage_tracker.analysis import calendar, periods, rates
from usage_tracker.analysis.calendar import By, EmptyWindowError
from usage_tracker.errors import MisuseError
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.sampling import SampleQuery

PERIOD = "period"
WINDOW = "window"
DEFAULT_SPAN = 30 * times.DAY
MOST_HOURS = 200_000


class TooManyHoursError(MisuseError):
    """More hours than memory holds."""

    def __init__(self, hours: int) -> None:
        super().__init__(
            f"a report of {hours:,} hours is too long: use a later --since, or --by day"
        )


@dataclass(frozen=True)
class ReportQuery:
    """What a report is about: the window [since, until) in UTC ms, as known at `as_of`."""

    since: int
    until: int
    as_of: int
    by: By
    zone: dt.tzinfo

    @classmethod
    def of(
        cls, as_of: int, since: int | None, until: int | None, by: By, zone: dt.tzinfo
    ) -> "ReportQuery":
        """Return a query, by default for the last 30 days; `until` is at most `as_of`."""
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
    def spans(self) -> pd.DataFrame:
        """The spans of which a report knows the totals: periods, the window, rate windows.

        The column `span` has PERIOD, WINDOW or the name of the rate's window.
        """
        edges = calendar.timestamps(self.edges)
        parts = (
            periods.spans(edges).assign(span=PERIOD),
            periods.spans(edges[[0, -1]]).assign(span=WINDOW),
            rates.windows(edges[-1]),
        )
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def moments(self) -> Int64s:
        """The moments at which a report must know the balance, ascending."""
        spans = self.spans[["start", "end"]].to_numpy("datetime64[ms]").astype(np.int64)
        return np.unique([*spans.ravel(), self.as_of])

    def sample(self, hours: int) -> SampleQuery:
        """Return what must be known of an account for this report and of its last `hours`."""
        return SampleQuery(self.since, self.until, self.as_of, self.moments, hours)
