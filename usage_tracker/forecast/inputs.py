"""What a history gives every forecast made from it, or why it allows none.

A forecast starts from the last snapshot at or before `as_of`, the origin. It needs a whole
day of history and, in the last 56 days, two hours in which snapshots first show new spend:
one has nothing to be compared with. Hours are counted back from the origin, as they are for
everything that a forecast learns: the snapshots between them change nothing, so that all of
a history and the part of it that a database answers with give the same forecast.
It is late when the origin is older than max(1 day, 3 x the usual interval
between snapshots).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from usage_tracker.forecast.depletion import State
from usage_tracker.forecast.spend_distribution import HORIZON_DAYS, Outlook, learn
from usage_tracker.forecast.spend_profile import CONSTANTS, LEARNT_DAYS, Constants
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, GAP_LOOKBACK, HOUR, MINUTE, gap_limit

_LEAST_HOURS = 2


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a history, whatever the balance, allows no forecast."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Footing:
    """What a history gives every forecast made from it at one `as_of` (UTC ms).

    `recent` is the part of the curve that counts, ending at the origin; `late` says in
    words that the origin is too old, if it is.
    """

    as_of: int
    recent: SpendCurve
    outlook: Outlook | Refusal
    late: str | None

    @property
    def origin(self) -> int:
        """The moment of the last snapshot; `as_of` itself if there is none."""
        return int(self.recent.times[-1]) if len(self.recent) else self.as_of


def stand(
    curve: SpendCurve,
    as_of: int,
    *,
    days: int = HORIZON_DAYS,
    constants: Constants = CONSTANTS,
) -> Footing:
    """What `curve` gives at `as_of` (UTC ms), looking `days` ahead and at no later knots."""
    known = curve.until(as_of)
    if not len(known):
        return Footing(as_of, known, Refusal("insufficient_data", "no snapshot yet"), None)
    recent = known.since(int(known.times[-1]) - LEARNT_DAYS * DAY)
    outlook = _refuse(recent) or learn(recent, days=days, constants=constants) or _idle(recent)
    return Footing(as_of, recent, outlook, _lateness(known, as_of))


def _refuse(recent: SpendCurve) -> Refusal | None:
    length = int(recent.times[-1] - recent.times[0])
    if length < DAY:
        missing = _span(DAY - length, math.ceil, "more ")
        return Refusal("insufficient_data", f"needs {missing} of history")
    hours = _hours_with_spend(recent)
    if hours == 0:
        return _idle(recent)
    if hours < _LEAST_HOURS:
        return Refusal("insufficient_data", "needs spend in more than one hour of the history")
    return None


def _hours_with_spend(recent: SpendCurve) -> int:
    """In how many hours, counted back from the origin, a snapshot first shows new spend."""
    edges = recent.hour_edges(24 * LEARNT_DAYS)
    return int(np.count_nonzero(np.diff(recent.last_seen(edges))))


def _idle(recent: SpendCurve) -> Refusal:
    days = min(int(recent.times[-1] - recent.times[0]) // DAY, LEARNT_DAYS)
    return Refusal("idle", f"no spend in the last {_span(days * DAY)}")


def _lateness(known: SpendCurve, as_of: int) -> str | None:
    age = as_of - int(known.times[-1])
    if age <= DAY:
        return None
    lengths = np.diff(known.times[-GAP_LOOKBACK - 1 :]).tolist()
    is_late = age > (gap_limit(lengths) if lengths else DAY)
    return f"the last snapshot is {_span(age)} old" if is_late else None


def _span(length: int, rounded: Callable[[float], int] = math.floor, more: str = "") -> str:
    """`length` (ms) as people say it: `47 hours`, `2 days`, `9 more hours`."""
    units = ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"))
    unit, name = next(((u, n) for u, n in units if length >= 2 * u), units[-1])
    count = rounded(length / unit)
    return f"{count} {more}{name if count != 1 else name[:-1]}"
