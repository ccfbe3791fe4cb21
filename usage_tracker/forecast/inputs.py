"""Inputs shared by all forecasts of one history, or the reason there are none.

* A forecast starts at the origin: the last snapshot at or before `as_of`.
* It needs a whole day of history. From a week on it needs, in the last 56 days, two hours in
  which snapshots first show new spend: a single purchase is no usage.
* Hours are counted back from the origin. Snapshots between them change nothing, so that a whole
  history and the part that a query returns give the same forecast.
* It is stale if the origin is older than both one day and three usual intervals.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from usage_tracker.forecast.spend_distribution import HORIZON_DAYS, SpendDistribution, fit
from usage_tracker.forecast.spend_profile import (
    CONSTANTS,
    HISTORY_DAYS,
    Constants,
    hours_with_spend,
)
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, GAP_LOOKBACK, HOUR, MINUTE, gap_limit

State = Literal[
    "projected", "refilled", "depleted", "idle", "insufficient_data", "stale", "beyond_horizon"
]

_YOUNG = 7 * DAY


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why a history allows no forecast, whatever the balance is."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class ForecastInputs:
    """Inputs of every forecast of one history at one `as_of` (UTC ms).

    `recent` is the part of the curve that is used, ending at the origin; `lateness` says in
    words that the origin is too old, and is None if it is not.
    """

    as_of: int
    recent: SpendCurve
    distribution: SpendDistribution | Unavailable
    lateness: str | None

    @property
    def origin(self) -> int:
        """The moment of the last snapshot, or `as_of` if there is none."""
        return int(self.recent.times[-1]) if len(self.recent) else self.as_of


def prepare(
    curve: SpendCurve,
    as_of: int,
    *,
    days: int = HORIZON_DAYS,
    constants: Constants = CONSTANTS,
) -> ForecastInputs:
    """Return the inputs for `days` after `as_of` (UTC ms), using no later knots."""
    known = curve.until(as_of)
    if not len(known):
        return ForecastInputs(
            as_of, known, Unavailable("insufficient_data", "no snapshot yet"), None
        )
    recent = known.since(int(known.times[-1]) - HISTORY_DAYS * DAY)
    distribution = (
        _unavailable(recent) or fit(recent, days=days, constants=constants) or _idle(recent)
    )
    return ForecastInputs(as_of, recent, distribution, _lateness(known, as_of))


def _unavailable(recent: SpendCurve) -> Unavailable | None:
    length = int(recent.times[-1] - recent.times[0])
    if length < DAY:
        missing = _span(DAY - length, math.ceil, "more ")
        return Unavailable("insufficient_data", f"needs {missing} of history")
    hours = hours_with_spend(recent)
    if hours == 0:
        return _idle(recent)
    if hours == 1 and length >= _YOUNG:
        return Unavailable("insufficient_data", "needs spend in more than one hour of the history")
    return None


def _idle(recent: SpendCurve) -> Unavailable:
    days = min(int(recent.times[-1] - recent.times[0]) // DAY, HISTORY_DAYS)
    days_text = _span(days * DAY)
    if recent.is_covered:
        return Unavailable("idle", f"others paid for the spend of the last {days_text}")
    return Unavailable("idle", f"no spend in the last {days_text}")


def _lateness(known: SpendCurve, as_of: int) -> str | None:
    age = as_of - int(known.times[-1])
    if age <= DAY:
        return None
    lengths = np.diff(known.times[-GAP_LOOKBACK - 1 :]).tolist()
    is_late = age > (gap_limit(lengths) if lengths else DAY)
    return f"the last snapshot is {_span(age)} old" if is_late else None


def _span(length: int, rounding: Callable[[float], int] = math.floor, more: str = "") -> str:
    """Format `length` (ms): `47 hours`, `2 days`, `9 more hours`."""
    units = ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"))
    unit, name = next(((u, n) for u, n in units if length >= 2 * u), units[-1])
    count = rounding(length / unit)
    return f"{count} {more}{name if count != 1 else name[:-1]}"
