"""Cumulative spend over time: the one curve from which rates, periods and forecasts are read."""

from dataclasses import dataclass

import numpy as np

from usage_tracker.analysis.readings import Floats, Int64s


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

    def until(self, moment: int) -> "SpendCurve":
        """The part that was known at `moment`: knots at or before it."""
        n = int(np.searchsorted(self.times, moment, side="right"))
        return SpendCurve(self.times[:n], self.spent[:n])

    def since(self, moment: int) -> "SpendCurve":
        """The part from the last knot at or before `moment` on."""
        n = max(int(np.searchsorted(self.times, moment, side="right")) - 1, 0)
        return SpendCurve(self.times[n:], self.spent[n:])
