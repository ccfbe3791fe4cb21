"""What happened when `used_quota` decreased: a refund, a reset or a correction.

| the counters | the decrease is |
|---|---|
| the balance rises by about as much, in that interval or in an adjacent one | a refund |
| the counter keeps more than half, and the balance rises or the history ends here | a refund |
| the counter keeps more than half otherwise | a correction, without spend |
| the counter keeps less | a reset; it now shows the spend since |

"About" allows for what is usually in flight, by the days before. The second row covers a
top-up in the same interval. What the balance lost beyond the counter's new value was spent
before the reset, at most as much as in any time of that length in the days before.
"""

from usage_tracker.times import DAY

USUAL = 3 * DAY
"""The span before a snapshot that defines "usual"."""

CENT = 5_000
"""The least amount assumed to be in flight, in units."""

Surpluses = tuple[int | None, int, int | None]
"""The rise of `quota + used_quota` in the interval before the decrease, in that of the decrease
and in the one after it; None if there is no such interval."""


def is_refund(used: int, left: int, surpluses: Surpluses, usual: int) -> bool:
    """Return whether a decrease from `used` to `left` returned the units to the balance.

    `usual` is what is usually in flight. The gateway writes the two counters one after the
    other, so the balance may rise in an adjacent interval.
    """
    before, here, after = surpluses
    adjacent = (other for other in (before, after) if other is not None)
    if any(abs(sum_) <= usual for sum_ in (here, *(here + other for other in adjacent))):
        return True
    keeps_most = (used - left) * 2 < used
    return keeps_most and (here > 0 or after is None)


def spent_at_reset(used: int, left: int, taken: int, most: int) -> int:
    """Return the spend in the interval of a decrease from `used` to `left` without a refund.

    The balance fell by `taken`; `most` is the largest spend in a time of that length in the
    days before.
    """
    return 0 if left > used // 2 else max(left, 0, min(taken, most))
