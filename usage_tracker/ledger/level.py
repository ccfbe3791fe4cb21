"""The settled level: what an account would hold if nothing were in flight.

S = quota + spend - refunds moves only when credit is added or taken away - and, for
a while, when a request has reserved units (S dips) or when its two counters are
settled one after the other (S dips or spikes). A gateway at rest shows the same S to
the unit again and again, so an exact value that recurs is a level, and one that does
not is a passing state.

The settled level at a snapshot is the smaller of the highest S of the hours before
it and the highest S of the hours after it: a morphological closing (J. Serra, Image
Analysis and Mathematical Morphology, 1982), in which only recurring values count
where there are any. A dip, however deep, is closed by the rests on both sides of
it; a spike does not recur; a step stays.

Nothing later than the hours after a snapshot is looked at, so what has been told
once is not changed by later snapshots.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger import counter_decrease, rolling
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.times import DAY, HOUR, MINUTE

HOURS = 6 * HOUR
"""How long a change must have stayed to be believed."""

SPELL = 15 * MINUTE
"""A value that is seen again after this long is no request in flight: these take minutes."""

CHANCE = 0.03
"""The share of the snapshots of those hours that may show the same value by chance."""

LONG = DAY
"""The same for a fall that is no deeper than the usual dips."""

USUAL = counter_decrease.USUAL
"""The span before a snapshot from which "usual" is taken."""

UNWATCHED = 2 * HOUR
"""The most that one interval counts as time watched, so that hours hold some snapshots."""

_LEAST = -(2**63)


@dataclass(frozen=True, slots=True)
class Level:
    """The settled level of n snapshots.

    `value` (n,) int64 units; `exact` (n,) whether it rests on recurring values; `dips`
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


def settle(times: Int64s, total: Int64s) -> Level:
    """The settled level of `total` (S, n units) at `times` (n, UTC ms)."""
    clock = watched(times)
    rests = np.where(_at_rest(clock, total), total, _never(total))
    before, exact_before = _highest(total, rests, rolling.before(clock, HOURS))
    after, exact_after = _highest(total, rests, rolling.after(clock, HOURS))
    long_after, _ = _highest(total, rests, rolling.after(clock, LONG))
    known = passed(clock, HOURS)
    value = np.minimum(before, after)
    value[known:] = before[known:]
    if known:  # what fell, and has stayed for those hours, is not to come back here
        value[known:] = np.minimum(value[known:], after[known - 1])
    stays = long_after <= value
    return Level(clock, value, exact_before & exact_after, _dips(clock, value, total), stays, known)


def watched(times: Int64s) -> Int64s:
    """The time watched since the first of `times`, in ms."""
    return np.concatenate(([0], np.cumsum(np.minimum(np.diff(times), UNWATCHED))))


def _at_rest(clock: Int64s, total: Int64s) -> npt.NDArray[np.bool_]:
    """Where S shows a value that recurs: more often than by chance, longer than a request."""
    first, here = rolling.before(clock, HOURS)
    count, ago = rolling.sightings(total, clock, HOURS)
    return (count > CHANCE * (here - first)) & (ago >= SPELL)


def _never(total: Int64s) -> np.int64:
    return np.int64(max(int(total.min()) - 1, _LEAST))


def _highest(
    total: Int64s, rests: Int64s, window: rolling.Window
) -> tuple[Int64s, npt.NDArray[np.bool_]]:
    """The highest recurring value of each window and True, or else its highest and False."""
    highest = rolling.highest(rests, window)
    exact = highest > _never(total)
    if exact.all():
        return highest, exact
    return np.where(exact, highest, rolling.highest(total, window)), exact


def _dips(clock: Int64s, value: Int64s, total: Int64s) -> Int64s:
    """The deepest dip of the days before each snapshot, itself included."""
    return rolling.highest(np.maximum(value - total, 0), rolling.before(clock, USUAL))


def passed(clock: Int64s, span: int) -> int:
    """How many snapshots, by their time watched, lie `span` ms or more before the last."""
    return int(np.searchsorted(clock, clock[-1] - span, side="right"))
