"""Which intervals between snapshots are gaps; of the first one nothing is usual yet."""

import numpy as np

from usage_tracker.ledger import rolling
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.times import GAP_FACTOR, GAP_LOOKBACK, SHORTEST_GAP, gap_limit


def gaps(times: Int64s) -> Int64s:
    """The indices of the snapshots at `times` (n, UTC ms) that end a gap."""
    lengths = np.diff(times)
    # No median is less than the least, which spares most intervals their own.
    least = np.maximum(SHORTEST_GAP, GAP_FACTOR * _least_before(lengths))
    long = np.flatnonzero(lengths > least)
    ends = [i + 1 for i in long[long > 0].tolist() if _is_gap(lengths, i)]
    return np.array(ends, dtype=np.int64)


def _is_gap(lengths: Int64s, i: int) -> bool:
    before = lengths[max(i - GAP_LOOKBACK, 0) : i].tolist()
    return bool(lengths[i] > gap_limit(before))


def _least_before(lengths: Int64s) -> Int64s:
    """The shortest of the intervals from which each one's limit is taken; 0 for the first."""
    at = np.arange(len(lengths))
    since = np.maximum(at - GAP_LOOKBACK, 0)
    least = -rolling.highest(-lengths, (since, np.maximum(at - 1, 0)))
    least[:1] = 0
    return least
