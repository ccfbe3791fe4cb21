"""Snapshots as arrays, the form in which the analysis takes them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.times import GAP_LOOKBACK

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TAIL = GAP_LOOKBACK + 1
"""How many of the last readings are always at hand: they tell the usual interval."""

UNKNOWN = -1
"""Stands for a request count that the gateway did not tell."""


@dataclass(frozen=True, slots=True)
class Readings:
    """An account's counters over time: int64 arrays of equal length n.

    `times` are UTC milliseconds, strictly ascending; `quota` (what is left) and
    `used` (what was ever spent) are gateway units; `requests` counts the calls ever
    made, `UNKNOWN` where that was not told, and is None where it never was.
    """

    times: Int64s
    quota: Int64s
    used: Int64s
    requests: Int64s | None = None

    def __len__(self) -> int:
        return len(self.times)

    def until(self, moment: int) -> "Readings":
        """The readings captured at or before `moment`."""
        return self[: int(np.searchsorted(self.times, moment, side="right"))]

    def __getitem__(self, part: slice) -> "Readings":
        requests = None if self.requests is None else self.requests[part]
        return Readings(self.times[part], self.quota[part], self.used[part], requests)

    def around(self, moments: Int64s) -> "Readings":
        """The readings next to each of `moments` on either side, the first and the last `TAIL`."""
        kept = beside(self.times, moments)
        requests = None if self.requests is None else self.requests[kept]
        return Readings(self.times[kept], self.quota[kept], self.used[kept], requests)


def beside(times: Int64s, moments: Int64s) -> npt.NDArray[np.bool_]:
    """Which of `times` are next to one of `moments` on either side, as a mask (n,).

    `times` (n,) are ascending. The first and the last `TAIL` of them are always among these.
    """
    after = np.searchsorted(times, moments, side="right")
    kept = np.zeros(len(times), np.bool_)
    kept[after[after < len(times)]] = True
    kept[after[after > 0] - 1] = True
    kept[:1] = kept[-TAIL:] = True
    return kept
