"""How long an interval between two snapshots may be: a longer one is a gap.

Its spend is known, but not when in it that happened.
"""

from collections.abc import Sequence

from usage_tracker.times import HOUR

FLOOR = HOUR
"""No shorter interval is a gap."""

FACTOR = 3
"""How many usual intervals a gap is longer than."""

MEMORY = 100
"""The usual interval is the median of so many before it."""


def limit(before: Sequence[int]) -> float:
    """The longest interval that is still trusted, from the lengths (ms) of those before it."""
    ordered = sorted(before)  # `statistics` would cost every status line its start-up
    middle = len(ordered) // 2
    return max(FLOOR, FACTOR * (ordered[middle] + ordered[~middle]) / 2)
