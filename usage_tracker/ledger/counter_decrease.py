"""A counter that fell: what was spent then, as the two counters tell.

Where the balance rises by about as much as `used_quota` falls, in that interval or in one
beside it, the units were given back: a refund. "About" is what is usually in flight, judged
by the days before. A top-up in the same interval makes the balance rise by more; then, and
where the history ends before the balance could rise, a counter that keeps more than half of
its value was not reset. Otherwise it was, unless it keeps more than half all the same (then
it was corrected): what it shows now is the spend since, and what the balance fell by besides
was spent before, up to the most that one interval of the days before took.
"""

from usage_tracker.times import DAY

USUAL = 3 * DAY
"""The stated span before a snapshot from which "usual" is taken."""

CENT = 5_000
"""The least that is taken to be usually in flight, in units."""

Surpluses = tuple[int | None, int, int | None]
"""What `quota + used_quota` rose by in the interval before, in that of the fall, and in the
one after it; None where there is none."""


def is_refund(used: int, left: int, surpluses: Surpluses, usual: int) -> bool:
    """Whether a counter that fell from `used` to `left` gave its units back to the balance.

    `usual` is what is usually in flight. The two counters are written one after the other,
    so the balance may rise in an interval beside it.
    """
    before, here, after = surpluses
    beside = (other for other in (before, after) if other is not None)
    if any(abs(sum_) <= usual for sum_ in (here, *(here + other for other in beside))):
        return True
    kept = (used - left) * 2 < used
    return kept and (here > 0 or after is None)


def spent_at_reset(used: int, left: int, taken: int, most: int) -> int:
    """What was spent as a counter fell from `used` to `left` without a refund.

    The balance fell by `taken`; `most` is what one interval of the days before took at most.
    """
    return 0 if left > used // 2 else max(left, 0, min(taken, most))
