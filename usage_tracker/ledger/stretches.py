"""Spend that the balance does not show, and falls of the balance that are not spend.

With du and dq the changes of the two counters in an interval, and r = du + dq:

* covered: du > 0 and dq = 0, in a good part of the intervals with spend. Somebody else pays: a
  plan, or an account without a limit. If S had the same value in the hours before, or has it
  in the hours after, requests were settled one counter after the other instead.
  Where that recurs, an interval with du > -dq > 0 is covered by r. One between two covered
  ones in which the balance moved by more than the spend was covered too, and credit moved it.
* uncounted: r < 0 for good, as a counter at its ceiling or a gateway that charges past it
  makes it. It takes several such falls, in a good part of the intervals in which the balance
  falls, so that a single one is an adjustment and requests in flight are none.

Amounts that are covered or uncounted do not move the settled level.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger import rolling
from usage_tracker.ledger.arrays import Int64s, saturating_difference, saturating_sum
from usage_tracker.ledger.events import Event, Kind
from usage_tracker.ledger.level import HOURS, LONG, USUAL, time_watched
from usage_tracker.times import DAY, HOUR

Bools = npt.NDArray[np.bool_]

FEWEST = 4
"""So many lasting falls in the days before and the hours after are a pattern."""

SHARE = 0.2
"""The least share of the intervals with spend that are covered, or of those in which the balance
falls that are uncounted."""

SEVERAL = 3
"""So many covered intervals in the days before and the hours after are a pattern."""

UNDECIDED = 2 * HOURS
"""Time watched after an interval during which later snapshots may change what it is."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """Units `covered` and `uncounted` in the interval that ends at each of n snapshots.

    `open_since` is the first snapshot at which more may be found to be uncounted later;
    `clock` (n,) is time watched.
    """

    clock: Int64s
    covered: Int64s
    uncounted: Int64s
    open_since: int

    @property
    def moved(self) -> Int64s:
        """How far S rises with them, up to each snapshot."""
        return np.cumsum(self.covered - self.uncounted)

    def days(self, times: Int64s) -> Iterator[tuple[Kind, int, int, int]]:
        """Yield kind, first and last snapshot and units of each kind in each UTC day."""
        amounts: dict[Kind, Int64s] = {"covered": self.covered, "uncounted": self.uncounted}
        for kind, units in amounts.items():
            at = np.flatnonzero(units)
            for day in np.split(at, np.flatnonzero(np.diff(times[at] // DAY)) + 1):
                if len(day):
                    yield kind, int(day[0]) - 1, int(day[-1]), int(units[day].sum())

    def spans(self, times: Int64s) -> list[tuple[int, int]]:
        """Return the first and the last snapshot of each event."""
        return [(first, last) for _, first, last, _ in self.days(times)]

    def events(self, times: Int64s) -> Iterator[Event]:
        """Yield an event for each UTC day, confirmed once no other can follow within a day."""
        settled = self.clock[-1] - UNDECIDED - LONG
        for kind, first, last, units in self.days(times):
            is_final = bool(self.clock[last] <= settled)
            yield Event(int(times[last]), int(times[first]), kind, units, is_final)


def find_stretches(
    times: Int64s, quota: Int64s, spent: Int64s, total: Int64s, *, is_known: Bools
) -> Stretches:
    """Return what was covered and uncounted, by the balance `quota` and `total` (S).

    `spent` is the spend of each interval, by the snapshot at its end; where the counter
    decreased it is not known well enough (`is_known`).
    """
    dq = np.concatenate(([0], saturating_difference(quota[1:], quota[:-1])))
    clock = time_watched(times)
    covered, may_be_covered = _covered(clock, dq, spent, total)
    uncounted, may_be_uncounted = _uncounted(clock, dq, total)
    is_open = (may_be_covered | may_be_uncounted) & (clock > clock[-1] - UNDECIDED)
    open_since = int(is_open.argmax()) if is_open.any() else len(clock)
    covered, uncounted = (np.where(is_known, units, 0) for units in (covered, uncounted))
    return Stretches(clock, covered, uncounted, open_since)


def _covered(clock: Int64s, dq: Int64s, spent: Int64s, total: Int64s) -> tuple[Int64s, Bools]:
    """Return what was covered, and where later snapshots may change that."""
    standing = (dq == 0) & (spent > 0)
    if not standing.any():
        return np.zeros_like(spent), standing
    before, _ = rolling.recurrences(total, clock, HOURS)
    after, _ = rolling.recurrences(total[::-1], clock[-1] - clock[::-1], HOURS)
    standing[1:] &= (before[1:] == 0) & (after[::-1][:-1] == 0)
    count = _around(clock, standing)
    may_change = (spent > 0) & (dq > -spent) & (count > 0)
    # Requests that are settled one counter after the other are a small share of all.
    near = _around(clock, standing, HOURS)
    is_usual = (count >= SEVERAL) & (near >= SHARE * _around(clock, spent > 0, HOURS))
    standing &= is_usual
    highest = rolling.maximum(total, rolling.before(clock, HOURS))
    above = saturating_difference(total, np.append(total[:1], highest[:-1]))
    lasts = np.append(total[1:] >= total[:-1] - above[:-1] // 2, [True])
    partly = is_usual & (spent > -dq) & (dq < 0) & (above > 0) & lasts
    is_moved = is_usual & (spent > 0) & ((dq > 0) | (dq < -spent))
    covered = np.where(standing | (is_moved & _between(clock, standing, spent > 0)), spent, 0)
    may_change |= is_moved
    return np.where(partly, np.minimum(above, saturating_sum(spent, dq)), covered), may_change


def _between(clock: Int64s, standing: Bools, is_spend: Bools) -> Bools:
    """Return whether the spend on either side of each interval was covered."""
    spends = np.flatnonzero(is_spend)
    here = np.searchsorted(spends, np.arange(len(standing)))
    inside = (here > 0) & (here + 1 < len(spends))
    former, later = spends[np.maximum(here - 1, 0)], spends[np.minimum(here + 1, len(spends) - 1)]
    is_near = np.maximum(clock - clock[former], clock[later] - clock) <= HOURS
    result: Bools = inside & is_near & standing[former] & standing[later]
    return result


def _uncounted(clock: Int64s, dq: Int64s, total: Int64s) -> tuple[Int64s, Bools]:
    """Return what fell uncounted, and where later snapshots may change that."""
    rise = np.concatenate(([0], saturating_difference(total[1:], total[:-1])))
    base = np.append(total[:1], total[:-1])
    overshot = np.flatnonzero((rise > 0) & (dq <= 0))
    overshot = overshot[(overshot > 0) & (overshot < len(base) - 1)]
    base[overshot + 1] = np.minimum(total[overshot], total[overshot - 1])
    falls = np.where(rise < 0, np.maximum(base - total, 0), 0)
    lasting, booked = (
        np.where(rise < 0, np.maximum(base - rolling.maximum(total, window), 0), 0)
        for window in (rolling.after(clock, HOURS), _until_credit(clock, dq, rise))
    )
    known = clock <= clock[-1] - HOURS
    may_count = ~known | (_around(clock, booked > 0) >= FEWEST)
    may_change = (booked > 0) & may_count
    count = _around(clock, known & (lasting > 0))
    is_usual = (count >= FEWEST) & (count >= SHARE * _around(clock, known & (dq < 0)))
    if is_usual.any():
        lasted, fell = (_around(clock, np.where(known, units, 0)) for units in (lasting, falls))
        is_usual &= 2 * lasted >= fell
    return np.where(is_usual & (rise < 0), np.minimum(booked, -rise), 0), may_change


def _until_credit(clock: Int64s, dq: Int64s, rise: Int64s) -> rolling.Window:
    """Return the hours after each snapshot, up to the next credit.

    A rise of more than all falls of the hour before is credit, not the end of requests.
    """
    first, last = rolling.before(clock, HOUR)
    fell = np.cumsum(np.maximum(-rise, 0))
    recently = fell[last] - fell[first] + np.maximum(-rise, 0)[first]
    credited = np.flatnonzero((dq > 0) & (rise > np.append([0], recently[:-1])))
    here, end = rolling.after(clock, HOURS)
    ends = np.append(credited - 1, [len(clock) - 1])
    return here, np.minimum(end, ends[np.searchsorted(credited, here, side="right")])


def _around(clock: Int64s, values: Int64s | Bools, before: int = USUAL) -> Int64s:
    """Return the sum of `values` in the time before and the hours after each snapshot."""
    sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    first, _ = rolling.before(clock, before)
    _, last = rolling.after(clock, HOURS)
    return sums[last + 1] - sums[first]
