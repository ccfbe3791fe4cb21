"""What was spent where a counter fell, by the rule of `falls` and the snapshots of the days before.

The ledger judges the same from arrays; this is for those who cannot wait for numpy.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from sqlalchemy import Connection

from usage_tracker.ledger import counter_decrease
from usage_tracker.store import snapshots


def spends(
    connection: Connection, account_id: int, since: int, now: int
) -> Iterator[tuple[int, int, int]]:
    """Start, end and spend of each interval that ends in [`since`, `now`] with a fallen counter.

    There is a snapshot at `since` (UTC ms). What is later than `now` is not known.
    """
    tail = _Tail.read(connection, account_id, since, now)
    for i, rise in enumerate(tail.rises):
        start, end = tail.times[i], tail.times[i + 1]
        if rise < 0 and end >= since:
            yield start, end, tail.spent(i)


@dataclass(frozen=True, slots=True)
class _Tail:
    """The last snapshots, and their `n - 1` intervals: interval `i` begins at snapshot `i`.

    `rises` are those of `used`, `surplus` those of both counters together, `dips` how far
    both together fell where the counter did not.
    """

    times: Sequence[int]
    quota: Sequence[int]
    used: Sequence[int]
    rises: Sequence[int]
    surplus: Sequence[int]
    dips: Sequence[int]

    @classmethod
    def read(cls, connection: Connection, account_id: int, moment: int, now: int) -> Self:
        """All up to `now` that it takes to judge the snapshot of `moment` and later ones."""
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
        """What was spent in interval `i`, in which the counter fell."""
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
    """Where the days before `moment` begin, and with them the two snapshots before it."""
    usual = moment - counter_decrease.USUAL
    beside = snapshots.iterate(connection, account_id, until=moment, limit=2, newest_first=True)
    found = (*beside, snapshots.at(connection, account_id, usual - 1))
    return min(usual, *(one.captured_at for one in found if one is not None))


def _differences(values: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(values)]
