"""Gaps: intervals between snapshots that are much longer than usual; never the first one."""

import numpy as np

from usage_tracker.ledger import rolling
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.times import GAP_FACTOR, GAP_LOOKBACK, SHORTEST_GAP, gap_limit


def gaps(times: Int64s) -> Int64s:
    """Return the indices of the snapshots at `times` (n, UTC ms) that end a gap."""
    lengths = np.diff(times)
    # A median is at least the minimum, so most intervals need no median of their own.
    least = np.maximum(SHORTEST_GAP, GAP_FACTOR * _least_before(lengths))
    long = np.flatnonzero(lengths > least)
    ends = [i + 1 for i in long[long > 0].tolist() if _is_gap(lengths, i)]
    return np.array(ends, dtype=np.int64)


def _is_gap(lengths: Int64s, i: int) -> bool:
    before = lengths[max(i - GAP_LOOKBACK, 0) : i].tolist()
    return bool(lengths[i] > gap_limit(before))


def _least_before(lengths: Int64s) -> Int64s:
    """Return the shortest of the intervals that define each one's limit; 0 for the first."""
    at = np.arange(len(lengths))
    since = np.maximum(at - GAP_LOOKBACK, 0)
    least = -rolling.maximum(-lengths, (since, np.maximum(at - 1, 0)))
    least[:1] = 0
    return least
