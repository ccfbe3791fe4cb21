"""How old the last snapshot may be: as long as an interval that is no gap, unless set otherwise."""

from collections.abc import Sequence
from itertools import pairwise

from usage_tracker import usual_interval
from usage_tracker.times import DAY

WATCHED = usual_interval.MEMORY + 1
"""So many of the last snapshots tell what is usual."""

_FEWEST = 3
_WITHOUT_HABIT = DAY


def longest_age(newest_first: Sequence[int], maximum: int | None) -> int:
    """The age in ms from which the last snapshot is stale: the `maximum` that is set, or as usual.

    `newest_first` are the moments of the last `WATCHED` snapshots (UTC ms); the first few
    show no habit yet.
    """
    if maximum is not None:
        return maximum
    if len(newest_first) < _FEWEST:
        return _WITHOUT_HABIT
    return round(usual_interval.limit([late - early for late, early in pairwise(newest_first)]))
