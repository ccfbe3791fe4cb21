"""Stray snapshots: taken while the machine's clock was wrong, so stored out of their order.

Around strays `used_quota` goes up and down again (the clock was behind) or down and up again
(the clock was ahead), and without them the history is in order. A refund can look the same;
what decides is:

* Where the gateway reports request counts: whether they are out of order in the same way.
* Else the snapshots before must be regular, there must be more of them in that time than
  usual, and the counter must move by more than in any of the intervals before.
"""

from collections.abc import Iterator

import numpy as np

from usage_tracker.ledger import counter_decrease
from usage_tracker.ledger.arrays import UNKNOWN, Int64s, SnapshotArrays, saturating_difference
from usage_tracker.times import GAP_LOOKBACK

EXTRA = 1.5
"""Strays lie between two snapshots that are at most so many usual intervals apart."""

MOST = 8
"""The most strays between two other snapshots."""

REGULAR = 12
"""So many intervals before must show how often snapshots are taken."""

_Run = tuple[int, Int64s, int]
"""Possible strays (indices), and the snapshots before and after them."""


def find_strays(readings: SnapshotArrays) -> Int64s:
    """Return the indices of the stray snapshots, ascending."""
    kept = np.ones(len(readings), np.bool_)
    for i in np.flatnonzero(readings.used[1:] < readings.used[:-1]).tolist():
        if kept[i] and kept[i + 1]:
            first = max(i - GAP_LOOKBACK, 0)
            near = first + np.flatnonzero(kept[first : i + GAP_LOOKBACK])
            strays = [run for run in _runs(readings, near, i) if _is_stray(readings, near, run)]
            for _, run, _ in strays[:1]:
                kept[run] = False
    return np.flatnonzero(~kept)


def is_open(times: Int64s, i: int) -> bool:
    """Return whether the snapshots at `times` from index `i` on may still prove to be strays."""
    usual = _usual(times[max(i - GAP_LOOKBACK - 1, 0) : i])
    return i == len(times) - 1 or times[-1] - times[i - 1] <= 2 * EXTRA * usual


def _usual(times: Int64s) -> float:
    """Return the usual interval between snapshots at `times`, 0 if they are not regular."""
    lengths = np.diff(times)
    if len(lengths) < REGULAR:
        return 0.0
    usual = float(np.median(lengths))
    is_regular = (lengths > usual / EXTRA) & (lengths < usual * EXTRA)
    return usual if np.count_nonzero(is_regular) * 4 >= len(lengths) * 3 else 0.0


def _runs(readings: SnapshotArrays, near: Int64s, i: int) -> Iterator[_Run]:
    """Yield the snapshots that are too high up to `i`, and those that are too low after it."""
    used, at = readings.used[near], int(np.searchsorted(near, i))
    lower = np.flatnonzero(used[:at] <= used[at + 1])
    if len(lower):
        start = int(lower[-1])
        yield int(near[start]), near[start + 1 : at + 1], int(near[at + 1])
    higher = np.flatnonzero(used[at + 1 :] >= used[at])
    if len(higher):
        end = at + 1 + int(higher[0])
        yield i, near[at + 1 : end], int(near[end])


def _is_stray(readings: SnapshotArrays, near: Int64s, run: _Run) -> bool:
    before, strays, after = run
    times, used = readings.times, readings.used
    is_extra = times[after] - times[before] <= EXTRA * _usual(times[near[near <= before]])
    if len(strays) > MOST:
        return False
    if readings.requests is not None:
        counts = readings.requests[[before, *strays, after]]
        if (counts != UNKNOWN).all() and (is_extra or len(strays) == 1):
            inside, (first, last) = counts[1:-1], counts[[0, -1]]
            return bool(first <= last and ((inside < first) | (inside > last)).all())
    if not is_extra:
        return False
    since = times[before] - counter_decrease.USUAL
    usual = near[(near <= before) & (times[near] >= since)]
    moved = min(abs(int(stray) - int(used[before])) for stray in used[strays])
    spends = saturating_difference(used[usual][1:], used[usual][:-1])
    return moved > int(spends.max(initial=counter_decrease.CENT))
