"""Which intervals between snapshots tell too little of when their spend happened.

A gap does, and an interval across a boundary that is longer than the periods beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.build import Ledger

Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

_ZERO = np.zeros(1, np.int64)
_NEVER = np.array([1 << 62], np.int64)


@dataclass(frozen=True, slots=True)
class Doubts:
    """The intervals that are not trusted, within what was watched at all.

    `starts`, `ends` (m,) UTC ms, ascending and apart; `spends` (m,) the units in each.
    `first` and `last` are the moments of the first and the last snapshot.
    """

    starts: Int64s
    ends: Int64s
    spends: Int64s
    first: int
    last: int

    @classmethod
    def about(cls, ledger: Ledger, edges: Int64s) -> "Doubts":
        """Gaps, and the intervals across `edges` that are longer than a period beside them."""
        times = ledger.readings.times
        spends = {(e.after, e.at): e.quota for e in ledger.events if e.kind == "gap"}
        for i in _too_long(times, edges).tolist():
            spent = int(ledger.curve.spent[i] - ledger.curve.spent[i - 1])
            spends[int(times[i - 1]), int(times[i])] = spent
        apart = _apart(spends)
        bounds = np.array(apart, dtype=np.int64).reshape(-1, 2)
        amounts = np.array([spends[span] for span in apart], dtype=np.int64)
        return cls(bounds[:, 0], bounds[:, 1], amounts, int(times[0]), int(times[-1]))

    def known(self, moments: Int64s) -> Int64s:
        """The time watched and trusted before each of `moments` since the first snapshot, in ms."""
        here, inside = self._reached(moments)
        whole = np.concatenate((_ZERO, np.cumsum(self.ends - self.starts)))
        watched = np.minimum(np.maximum(moments, self.first), self.last)
        return np.asarray(watched - whole[here] - np.maximum(inside, 0))

    def spend(self, since: int, until: int) -> int:
        """The units that fall into untrusted intervals of [since, until), apportioned evenly."""
        inside = np.minimum(self.ends, until) - np.maximum(self.starts, since)
        shares = np.maximum(inside, 0) / np.maximum(self.ends - self.starts, 1)
        return round(float((shares * self.spends).sum()))

    def cross(self, moments: Int64s) -> Bools:
        """Whether an untrusted interval crosses each of `moments`."""
        return self._reached(moments)[1] > 0

    def _reached(self, moments: Int64s) -> tuple[Indices, Int64s]:
        """The interval that ends after each of `moments`, and how far inside of it that is."""
        here = self.ends.searchsorted(moments, side="right")
        return here, moments - np.concatenate((self.starts, _NEVER))[here]


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest of spans that overlap, in order.

    An old gap overlaps others when snapshots from inside it came late.
    """
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if kept and start < kept[-1][1]:
            kept[-1] = max(kept[-1], (start, end), key=lambda span: span[1] - span[0])
        else:
            kept.append((start, end))
    return kept


def _too_long(times: Int64s, edges: Int64s) -> Int64s:
    """Indices of the readings that end an interval over an edge and longer than a period."""
    # The first and the last period may be cut; the longest shows how long they are meant to be.
    period = (edges[1:] - edges[:-1]).max()
    after = times.searchsorted(edges, side="right")
    inside = (after > 0) & (after < len(times))
    ends = after[inside]
    long: npt.NDArray[np.bool_] = times[ends] - times[ends - 1] > period
    return np.asarray(ends[long], dtype=np.int64)
