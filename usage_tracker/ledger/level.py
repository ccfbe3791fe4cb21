"""The settled level: the balance plus all spend, as if no request were in flight.

S = quota + spend - refunds moves only when credit is added or removed, and briefly when a
request has reserved units (S dips) or when its two counters are settled one after the other
(S dips or spikes). A gateway at rest shows exactly the same S repeatedly, so a value that
recurs is a level, and one that does not is transient.

The settled level at a snapshot is the smaller of the highest S of the hours before it and the
highest S of the hours after it: a morphological closing (J. Serra, Image Analysis and
Mathematical Morphology, 1982), computed from recurring values only where there are any. The
values at rest on both sides of a dip close it, however deep it is; a spike does not recur; a
step stays.

Only the hours after a snapshot are used, so later snapshots do not change the result.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger import counter_decrease, rolling
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.times import DAY, HOUR, MINUTE

HOURS = 6 * HOUR
"""How long a change must last to be accepted."""

SPELL = 15 * MINUTE
"""Requests in flight take minutes; a value seen again after this long is not one."""

CHANCE = 0.03
"""The share of the snapshots of those hours that may show the same value by chance."""

LONG = DAY
"""The same for a fall that is no deeper than the usual dips."""

USUAL = counter_decrease.USUAL
"""The span before a snapshot that defines "usual"."""

UNWATCHED = 2 * HOUR
"""The most that one interval adds to time watched, so that hours contain some snapshots."""

_LEAST = -(2**63)


@dataclass(frozen=True, slots=True)
class Level:
    """The settled level of n snapshots.

    `value` (n,) int64 units; `exact` (n,) whether it is a recurring value; `dips`
    (n,) how far S usually fell below it in the days before; `stays` (n,) whether S
    stayed below it for long, as far as it is known; `known` is the number of snapshots whose
    hours after have passed. `clock` (n,) is time watched, in ms: gaps count for little in it.
    """

    clock: Int64s
    value: Int64s
    exact: npt.NDArray[np.bool_]
    dips: Int64s
    stays: npt.NDArray[np.bool_]
    known: int


def settled_level(times: Int64s, total: Int64s) -> Level:
    """Return the settled level of `total` (S, n units) at `times` (n, UTC ms)."""
    clock = time_watched(times)
    rests = np.where(_at_rest(clock, total), total, _below_all(total))
    before, exact_before = _highest(total, rests, rolling.before(clock, HOURS))
    after, exact_after = _highest(total, rests, rolling.after(clock, HOURS))
    long_after, _ = _highest(total, rests, rolling.after(clock, LONG))
    known = count_passed(clock, HOURS)
    value = np.minimum(before, after)
    value[known:] = before[known:]
    if known:  # a fall that has lasted those hours does not return here
        value[known:] = np.minimum(value[known:], after[known - 1])
    stays = long_after <= value
    return Level(clock, value, exact_before & exact_after, _dips(clock, value, total), stays, known)


def time_watched(times: Int64s) -> Int64s:
    """Return the time watched since the first of `times`, in ms."""
    return np.concatenate(([0], np.cumsum(np.minimum(np.diff(times), UNWATCHED))))


def _at_rest(clock: Int64s, total: Int64s) -> npt.NDArray[np.bool_]:
    """Return where S recurs: more often than by chance, and for longer than a request takes."""
    first, here = rolling.before(clock, HOURS)
    count, ago = rolling.recurrences(total, clock, HOURS)
    return (count > CHANCE * (here - first)) & (ago >= SPELL)


def _below_all(total: Int64s) -> np.int64:
    return np.int64(max(int(total.min()) - 1, _LEAST))


def _highest(
    total: Int64s, rests: Int64s, window: rolling.Window
) -> tuple[Int64s, npt.NDArray[np.bool_]]:
    """Return each window's highest recurring value and True, or its highest value and False."""
    highest = rolling.maximum(rests, window)
    exact = highest > _below_all(total)
    if exact.all():
        return highest, exact
    return np.where(exact, highest, rolling.maximum(total, window)), exact


def _dips(clock: Int64s, value: Int64s, total: Int64s) -> Int64s:
    """Return the deepest dip of the days before each snapshot, itself included."""
    return rolling.maximum(np.maximum(value - total, 0), rolling.before(clock, USUAL))


def count_passed(clock: Int64s, span: int) -> int:
    """Return how many snapshots lie at least `span` ms of time watched before the last."""
    return int(np.searchsorted(clock, clock[-1] - span, side="right"))
