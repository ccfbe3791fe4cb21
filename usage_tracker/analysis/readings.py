"""Snapshots as arrays, the form in which the analysis takes them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Readings:
    """An account's counters over time: three int64 arrays of equal length n.

    `times` are UTC milliseconds, strictly ascending; `quota` (what is left) and
    `used` (what was ever spent) are gateway units.
    """

    times: Int64s
    quota: Int64s
    used: Int64s

    def __len__(self) -> int:
        return len(self.times)

    def until(self, moment: int) -> "Readings":
        """The readings captured at or before `moment`."""
        return self[: int(np.searchsorted(self.times, moment, side="right"))]

    def __getitem__(self, part: slice) -> "Readings":
        return Readings(self.times[part], self.quota[part], self.used[part])
