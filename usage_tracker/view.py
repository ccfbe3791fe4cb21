"""What a report needs to know of one account at one moment, wherever it comes from."""

from dataclasses import dataclass

import numpy as np

from usage_tracker.analysis.ledger import Ledger
from usage_tracker.analysis.readings import Int64s
from usage_tracker.times import HOUR

LEARNT_HOURS = 24 * 180
"""How far back a report looks at the hours of an account, to forecast and to try forecasts."""

TRIED_HOURS = 24 * (365 + 57)
"""The same for trials of forecasts over a whole year."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """The snapshots of a window: how many, the first and the last (UTC ms), failed attempts.

    `latest` is the last snapshot of all, in the window or before it.
    """

    count: int
    first: int | None
    last: int | None
    latest: int | None
    failures: int


@dataclass(frozen=True, slots=True)
class View:
    """What a report needs to know of one account at one moment, wherever it came from.

    `ledger` holds the readings next to the moments asked for, and all events.
    """

    account: str
    base_url: str | None
    quota_per_unit: int
    ledger: Ledger
    sightings: Sightings


def asked(moments: Int64s, last: int, hours: int) -> Int64s:
    """`moments`, and the `hours` behind the `last` snapshot, from which forecasts learn."""
    behind = last - HOUR * np.arange(hours, -1, -1, dtype=np.int64)
    return np.concatenate((moments, behind))
