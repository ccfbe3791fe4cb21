"""Statistics over a sliding window of time, vectorised.

A window is a pair of index arrays (first, last), both inclusive and ascending:
one window for each snapshot.
"""

import numpy as np

from usage_tracker.ledger.arrays import Int64s

Window = tuple[Int64s, Int64s]


def before(times: Int64s, span: int) -> Window:
    """Return the windows of the `span` ms up to each snapshot, itself included."""
    return np.searchsorted(times, times - span), np.arange(len(times))


def after(times: Int64s, span: int) -> Window:
    """Return the windows of the `span` ms from each snapshot on, itself included."""
    return np.arange(len(times)), np.searchsorted(times, times + span, side="right") - 1


def maximum(values: Int64s, window: Window) -> Int64s:
    """Return the maximum of `values` in each window.

    A window is covered by two blocks whose length is a power of two: a sparse table, of
    which only one row is in memory at a time.
    """
    first, last = window
    depth = np.frexp((last - first + 1).astype(np.float64))[1] - 1
    result = np.empty_like(values)
    blocks = values
    for level, count in enumerate(np.bincount(depth).tolist()):
        half = 1 << level
        if count:
            at = (depth == level).nonzero()[0]
            result[at] = np.maximum(blocks[first[at]], blocks[last[at] - half + 1])
        blocks = np.maximum(blocks[:-half], blocks[half:])
    return result


def recurrences(values: Int64s, times: Int64s, span: int) -> tuple[Int64s, Int64s]:
    """Return how often each value occurred in the `span` ms before, and how long ago first."""
    order = np.lexsort((times, values))
    ordered = times[order]
    groups = np.concatenate(([0], np.cumsum(np.diff(values[order]) != 0)))
    # One ascending key for all groups, so that one search finds the first occurrence in each.
    keys = groups * (int(ordered.max()) + span + 1) + ordered
    first = np.searchsorted(keys, np.maximum(keys - span, keys - ordered))
    count, ago = np.empty_like(values), np.empty_like(values)
    count[order] = np.arange(len(values)) - first
    ago[order] = ordered - ordered[first]
    return count, ago
