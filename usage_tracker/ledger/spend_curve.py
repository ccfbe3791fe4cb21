"""Cumulative spend over time: the one curve from which rates, periods and forecasts are read."""

from dataclasses import dataclass

import numpy as np

from usage_tracker.ledger.arrays import Floats, Int64s, beside
from usage_tracker.times import HOUR


@dataclass(frozen=True, slots=True)
class SpendCurve:
    """Spend since the first knot, never falling.

    `times` (n,) are UTC milliseconds, strictly ascending; `spent` (n,) is the
    cumulative spend in gateway units at each of them. Between two knots spend
    is taken as even over time; outside them as none.
    """

    times: Int64s
    spent: Int64s

    def __len__(self) -> int:
        return len(self.times)

    def at(self, moments: Int64s) -> Floats:
        """Cumulative spend at each of `moments`, in units, interpolated."""
        return np.interp(moments, self.times, self.spent)

    def whole_at(self, moments: Int64s) -> Int64s:
        """The same in whole units: differences of these add up exactly, whatever the cut."""
        return np.rint(self.at(moments)).astype(np.int64)

    def last_seen(self, moments: Int64s) -> Int64s:
        """Cumulative spend at the last knot at or before each of `moments`, in units.

        Before the first knot it is the first knot's.
        """
        knots = np.searchsorted(self.times, moments, side="right") - 1
        return self.spent[np.maximum(knots, 0)]

    def hour_edges(self, most: int) -> Int64s:
        """The hours counted back from the last knot to the first, at most `most`, ascending."""
        first, last = int(self.times[0]), int(self.times[-1])
        count = min(-((first - last) // HOUR), most)
        return last - HOUR * np.arange(count, -1, -1, dtype=np.int64)

    def beside_hours(self, most: int) -> "SpendCurve":
        """The knots next to each of `hour_edges(most)`, the first and the last ones.

        A database answers with these and perhaps others: what is computed from them alone
        does not depend on which others there are.
        """
        kept = beside(self.times, self.hour_edges(most))
        return SpendCurve(self.times[kept], self.spent[kept])

    def until(self, moment: int) -> "SpendCurve":
        """The part that was known at `moment`: knots at or before it."""
        n = int(np.searchsorted(self.times, moment, side="right"))
        return SpendCurve(self.times[:n], self.spent[:n])

    def since(self, moment: int) -> "SpendCurve":
        """The part from the last knot at or before `moment` on."""
        n = max(int(np.searchsorted(self.times, moment, side="right")) - 1, 0)
        return SpendCurve(self.times[n:], self.spent[n:])
