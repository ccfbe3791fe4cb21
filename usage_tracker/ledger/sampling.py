"""Samples: what a report needs of one account, from a database or from memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.build import Ledger
from usage_tracker.ledger.events import STRETCHES, Event
from usage_tracker.times import HOUR

CHART_POINTS = 240
"""How finely a burn-down is drawn, besides its steps."""

CHART_STEPS = 120
"""At so many credits, the largest, both sides of the step are drawn as they were seen."""


@dataclass(frozen=True, slots=True)
class SnapshotCounts:
    """The snapshots of a window: how many, the first and the last (UTC ms), failed attempts.

    `latest` is the last snapshot of all, in the window or before it.
    """

    count: int
    first: int | None
    last: int | None
    latest: int | None
    failures: int


@dataclass(frozen=True, slots=True)
class AccountSample:
    """What a report needs of one account, as known at one moment.

    `ledger` holds the readings next to the moments asked for, and all events.
    """

    account: str
    base_url: str | None
    quota_per_unit: float
    ledger: Ledger
    counts: SnapshotCounts


def sample_moments(moments: Int64s, last: int, hours: int) -> Int64s:
    """`moments`, and the `hours` behind the `last` snapshot, from which forecasts learn."""
    behind = last - HOUR * np.arange(hours, -1, -1, dtype=np.int64)
    return np.concatenate((moments, behind))


def with_starts(moments: Int64s, events: Iterable[Event]) -> Int64s:
    """Return `moments` and the starts of the stretches in which one lies, and all strays.

    The snapshots there tell what was drawn since (see `build.ledger_from_events`); a stray must
    not stand for the snapshots beside it.
    """
    order = np.sort(moments)
    found = [each for each in events if each.kind in STRETCHES]
    bounds = np.array([(each.after, each.at) for each in found], dtype=np.int64).reshape(-1, 2)
    first, last = (
        np.searchsorted(order, bounds[:, 0], side="right"),
        np.searchsorted(order, bounds[:, 1]),
    )
    strays = [at for each in events if each.kind == "stray" for at in (each.after, each.at)]
    return np.concatenate((moments, bounds[first < last, 0], np.array(strays, np.int64)))


def chart_moments(since: int, until: int, first: int, events: Iterable[Event]) -> Int64s:
    """The moments in [since, until] at which a burn-down shows the balance, ascending.

    They lie evenly from the `first` snapshot on, and on both sides of each credit.
    """
    start = min(max(since, first), until)
    inside = [each for each in events if each.credit and since <= each.after and each.at <= until]
    inside.sort(key=lambda event: (abs(event.quota), event.at))
    steps = [moment for each in inside[-CHART_STEPS:] for moment in (each.after, each.at)]
    evenly = np.linspace(start, until, CHART_POINTS).astype(np.int64)
    return np.unique(np.concatenate((evenly, np.array(steps, dtype=np.int64))))


@dataclass(frozen=True, slots=True)
class SampleQuery:
    """What a report asks of an account: the window [since, until), as known at `as_of`.

    The balance must be known at `moments`, the spend in each of the last `hours`.
    """

    since: int
    until: int
    as_of: int
    moments: Int64s
    hours: int

    @property
    def end(self) -> int:
        """The end of the window; what was captured at `as_of` itself is known."""
        return self.as_of + 1 if self.until >= self.as_of else self.until
