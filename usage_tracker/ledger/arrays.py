"""Snapshots and cumulative spend as NumPy arrays, on which the ledger and the forecast compute."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger.events import Event
from usage_tracker.money import LARGEST, SMALLEST
from usage_tracker.times import GAP_LOOKBACK, HOUR

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TAIL = GAP_LOOKBACK + 1
"""How many of the last snapshots every selection includes: they give the usual interval."""

UNKNOWN = -1
"""Stands for a request count that the gateway did not report."""


@dataclass(frozen=True, slots=True)
class SnapshotArrays:
    """An account's counters over time: int64 arrays of equal length n.

    `times` are UTC milliseconds, strictly ascending; `quota` (the balance) and `used` (the
    total spend) are gateway units; `requests` counts all requests. It is `UNKNOWN` where the
    gateway did not report it, and None if it never did.
    """

    times: Int64s
    quota: Int64s
    used: Int64s
    requests: Int64s | None = None

    def __len__(self) -> int:
        return len(self.times)

    def until(self, moment: int) -> "SnapshotArrays":
        """Return the snapshots captured at or before `moment`."""
        return self[: int(np.searchsorted(self.times, moment, side="right"))]

    def __getitem__(self, part: slice | npt.NDArray[np.bool_]) -> "SnapshotArrays":
        requests = None if self.requests is None else self.requests[part]
        return SnapshotArrays(self.times[part], self.quota[part], self.used[part], requests)

    def without(self, indices: Int64s) -> "SnapshotArrays":
        """Return all snapshots except those at `indices`."""
        if not len(indices):
            return self
        kept = np.ones(len(self), np.bool_)
        kept[indices] = False
        return self[kept]

    def around(self, moments: Int64s) -> "SnapshotArrays":
        """Return the first, the last `TAIL` and those next to one of `moments` on either side."""
        return self[next_to(self.times, moments)]


@dataclass(frozen=True, slots=True)
class SpendCurve:
    """Cumulative spend over time since the first knot.

    `times` (n,) are UTC milliseconds, strictly ascending; `spent` (n,) is the
    cumulative spend in gateway units at each of them. Spend is taken as even over time
    between two knots, and as zero outside them. `covered` (n,) is what somebody else paid and
    `spent` does not include, `quota` (n,) the balance; both are None if unknown. `top_ups`
    are the events of that kind up to the last knot, ascending.
    """

    times: Int64s
    spent: Int64s
    covered: Int64s | None = None
    quota: Int64s | None = None
    top_ups: tuple[Event, ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    def at(self, moments: Int64s) -> Floats:
        """Return the cumulative spend at each of `moments`, in units, interpolated."""
        return np.interp(moments, self.times, self.spent)

    def whole_at(self, moments: Int64s) -> Int64s:
        """Return the same in whole units, so that the differences add up exactly."""
        return np.rint(self.at(moments)).astype(np.int64)

    def last_seen(self, moments: Int64s) -> Int64s:
        """Return the cumulative spend at the last knot at or before each of `moments`, in units.

        Before the first knot it is the first knot's.
        """
        knots = np.searchsorted(self.times, moments, side="right") - 1
        return self.spent[np.maximum(knots, 0)]

    @property
    def is_covered(self) -> bool:
        """Whether there was spend, and somebody else paid for all of it."""
        is_free = len(self) > 0 and self.spent[-1] == self.spent[0]
        return bool(is_free and self.covered is not None and self.covered[-1] > self.covered[0])

    def hour_edges(self, most: int) -> Int64s:
        """Return the hours counted back from the last knot to the first, at most `most`."""
        first, last = int(self.times[0]), int(self.times[-1])
        count = min(-((first - last) // HOUR), most)
        return last - HOUR * np.arange(count, -1, -1, dtype=np.int64)

    def beside_hours(self, most: int) -> "SpendCurve":
        """Return the knots next to each of `hour_edges(most)`, the first and the last ones.

        A query returns at least these knots. A result computed from them alone does not
        depend on the others.
        """
        chosen = next_to(self.times, self.hour_edges(most))
        return self[chosen]

    def until(self, moment: int) -> "SpendCurve":
        """Return the part known at `moment`: the knots at or before it."""
        n = int(np.searchsorted(self.times, moment, side="right"))
        known = tuple(event for event in self.top_ups if event.at <= moment)
        return replace(self[:n], top_ups=known)

    def since(self, moment: int) -> "SpendCurve":
        """Return the part that starts with the last knot at or before `moment`."""
        n = max(int(np.searchsorted(self.times, moment, side="right")) - 1, 0)
        return self[n:]

    def __getitem__(self, part: slice | npt.NDArray[np.bool_]) -> "SpendCurve":
        covered, quota = (
            None if each is None else each[part] for each in (self.covered, self.quota)
        )
        return SpendCurve(self.times[part], self.spent[part], covered, quota, self.top_ups)


def saturating_sum(a: Int64s, b: Int64s) -> Int64s:
    """Return `a` + `b`; a sum beyond 64 bits is the nearest number of 64 bits."""
    total: Int64s = a + b
    return _saturated(total, wrapped=((a ^ total) & (b ^ total)) < 0, negative=a < 0)


def saturating_difference(a: Int64s, b: Int64s) -> Int64s:
    """Return `a` - `b`, likewise."""
    difference: Int64s = a - b
    wrapped = ((a ^ b) & (a ^ difference)) < 0
    return _saturated(difference, wrapped, negative=a < 0)


def _saturated(
    numbers: Int64s, wrapped: npt.NDArray[np.bool_], negative: npt.NDArray[np.bool_]
) -> Int64s:
    if not wrapped.any():
        return numbers
    return np.where(wrapped, np.where(negative, SMALLEST, LARGEST), numbers)


def next_to(times: Int64s, moments: Int64s) -> npt.NDArray[np.bool_]:
    """Return a mask (n,) of the `times` next to one of `moments` on either side.

    `times` (n,) are ascending. The first and the last `TAIL` of them are always selected.
    """
    after = np.searchsorted(times, moments, side="right")
    mask = np.zeros(len(times), np.bool_)
    mask[after[after < len(times)]] = True
    mask[after[after > 0] - 1] = True
    mask[:1] = mask[-TAIL:] = True
    return mask
