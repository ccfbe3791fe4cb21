"""What a forecast says: when the balance runs out, how sure that is, or why it cannot be said."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from usage_tracker.display import Displayed

State = Literal["projected", "depleted", "idle", "insufficient_data", "stale", "beyond_horizon"]


@dataclass(frozen=True, slots=True)
class Chance:
    """The probability `p` of running out within `days` days."""

    days: int
    p: float


@dataclass(frozen=True, slots=True)
class Depletion(Displayed):
    """The projected end of a balance. Moments are aware UTC datetimes; None is unknown.

    `low` and `high` enclose the moment with probability `level`; `low` is the
    early end, a `high` beyond the horizon is None. `linear` is the balance over
    the 7-day rate (the whole history's, if shorter), for comparison.
    `reason` says in words why `state` is not `projected`. The forecast answers at
    `as_of` and starts from the last snapshot by then, `origin`: nothing is assumed to be
    known after it, so that a moment before `as_of` means "it may have run out already".
    """

    state: State
    reason: str | None = None
    level: float = 0.8
    low: dt.datetime | None = None
    median: dt.datetime | None = None
    high: dt.datetime | None = None
    linear: dt.datetime | None = None
    probability: tuple[Chance, ...] = ()
    method: str | None = None
    as_of: dt.datetime | None = None
    origin: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class FanPoint:
    """The balance expected at `at`, in units: its median and the bounds at the forecast's level."""

    at: dt.datetime
    low: int
    median: int
    high: int
