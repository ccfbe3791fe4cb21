"""Spend since a recent moment, from the snapshots since then and without numpy.

The rules are those of `analysis.periods` and `analysis.rates`: the interval that crosses the
moment counts for the share of it that lies after, and is uncertain where it is a gap or longer
than 1.25 times all of the time asked about. Where `used_quota` decreased, the snapshots of
the days before decide (see `ledger.counter_decrease`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from sqlalchemy import Connection

from usage_tracker.ledger import counter_decrease
from usage_tracker.ledger.uncertainty import LONGEST, is_rate_known
from usage_tracker.store import snapshots
from usage_tracker.times import DAY, GAP_LOOKBACK, SHORTEST_GAP, gap_limit


@dataclass(frozen=True, slots=True)
class RecentSpend:
    """Spend in gateway units in the `length` ms before a moment.

    `known` is the time from the first to the last snapshot in it, in ms; `in_doubt` are the
    most units that an uncertain interval at its start could add or take.
    """

    units: int
    length: int
    known: int
    in_doubt: int

    @property
    def per_day(self) -> float | None:
        """Units per day of known time; None where a report does not know the rate either."""
        if not is_rate_known(self.known / self.length, self.in_doubt, self.units):
            return None
        return self.units * DAY / self.known


def spent_since(
    connection: Connection, account_id: int, since: int, now: int
) -> RecentSpend | None:
    """Return the spend of an account since the moment `since` (UTC ms) as known at `now`.

    None where no interval between two snapshots reaches into that time.
    """
    before = snapshots.at(connection, account_id, since)
    start = since if before is None else before.captured_at
    rows = snapshots.rows(connection, account_id, start, now + 1)
    counters = [(captured_at, used) for captured_at, _, used, *_ in rows]
    if len(counters) <= 1:
        return None
    spends = _interval_spends(connection, account_id, counters, now)
    (first, _), (second, _), *_ = counters
    crosses = first < since
    earlier = round(spends[0] * ((since - first) / (second - first))) if crosses else 0
    is_long = second - first > LONGEST * (now - since)
    uncertain = crosses and (is_long or _is_gap(connection, account_id, first, second))
    return RecentSpend(
        units=sum(spends) - earlier,
        length=now - since,
        known=counters[-1][0] - max(first, since),
        in_doubt=max(earlier, spends[0] - earlier) if uncertain else 0,
    )


def _interval_spends(
    connection: Connection, account_id: int, counters: Sequence[tuple[int, int]], now: int
) -> list[int]:
    """Return the spend of each interval between neighbouring `counters`."""
    rises = [(end, after - before) for (_, before), (end, after) in pairwise(counters)]
    decreased = next((end for end, rise in rises if rise < 0), None)
    found: dict[int, int] = {}
    if decreased is not None:
        found = {end: units for _, end, units in _decreases(connection, account_id, decreased, now)}
    return [found.get(end, 0) if rise < 0 else rise for end, rise in rises]


def _is_gap(connection: Connection, account_id: int, start: int, end: int) -> bool:
    if end - start <= SHORTEST_GAP:
        return False
    most = GAP_LOOKBACK + 1
    earlier = snapshots.rows(connection, account_id, until=start + 1, limit=most, newest_first=True)
    moments = [row[0] for row in earlier]
    before = [later - former for later, former in pairwise(moments)]
    return bool(before) and end - start > gap_limit(before)


def _decreases(
    connection: Connection, account_id: int, since: int, now: int
) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and spend of each interval in which the counter decreased.

    The intervals end in [`since`, `now`] (UTC ms); there is a snapshot at `since`. Snapshots
    after `now` are ignored.
    """
    tail = _Tail.read(connection, account_id, since, now)
    for i, rise in enumerate(tail.rises):
        start, end = tail.times[i], tail.times[i + 1]
        if rise < 0 and end >= since:
            yield start, end, tail.spent(i)


@dataclass(frozen=True, slots=True)
class _Tail:
    """The last snapshots and their `n - 1` intervals: interval `i` begins at snapshot `i`.

    `rises` are the changes of `used`, `surplus` those of `quota + used`, and `dips` the
    decreases of `quota + used` where `used` did not decrease.
    """

    times: Sequence[int]
    quota: Sequence[int]
    used: Sequence[int]
    rises: Sequence[int]
    surplus: Sequence[int]
    dips: Sequence[int]

    @classmethod
    def read(cls, connection: Connection, account_id: int, moment: int, now: int) -> Self:
        """Read the snapshots up to `now` needed to classify decreases from `moment` on."""
        since = _context_start(connection, account_id, moment)
        rows = snapshots.rows(connection, account_id, since, now + 1)
        times, quota, used, *_ = zip(*rows, strict=True)
        rises, credit = _differences(used), _differences(quota)
        surplus = [rise + more for rise, more in zip(rises, credit, strict=True)]
        dips = [
            max(-both, 0) if rise >= 0 else 0 for both, rise in zip(surplus, rises, strict=True)
        ]
        return cls(times, quota, used, rises, surplus, dips)

    def spent(self, i: int) -> int:
        """Return the spend in interval `i`, in which the counter decreased."""
        used, left = self.used[i], self.used[i + 1]
        first = bisect_left(self.times, self.times[i + 1] - counter_decrease.USUAL)
        usual = max(counter_decrease.CENT, *self.dips[max(first - 1, 0) : i + 1])
        if counter_decrease.is_refund(used, left, self._surpluses(i), usual):
            return 0
        most = max(0, *self.rises[first:i], 0)
        return counter_decrease.spent_at_reset(used, left, self.quota[i] - self.quota[i + 1], most)

    def _surpluses(self, i: int) -> counter_decrease.Surpluses:
        before = self.surplus[i - 1] if i else None
        after = self.surplus[i + 1] if i + 1 < len(self.surplus) else None
        return before, self.surplus[i], after


def _context_start(connection: Connection, account_id: int, moment: int) -> int:
    """Return the start of the days before `moment`, and of the two snapshots before it."""
    usual = moment - counter_decrease.USUAL
    beside = snapshots.iterate(connection, account_id, until=moment, limit=2, newest_first=True)
    found = (*beside, snapshots.at(connection, account_id, usual - 1))
    return min(usual, *(one.captured_at for one in found if one is not None))


def _differences(values: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(values)]
