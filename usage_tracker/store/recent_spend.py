"""What was spent since a recent moment, by cheap statements and without the ledger.

Spend is what `used_quota` rose between neighbouring snapshots. Only where it fell are the
snapshots of the days before looked at, for the ledger's own rule (see `falls`). An interval
that crosses the moment counts for the share of it that lies after. As in the ledger, a gap
is no known time, nor is an interval that is longer than all that is asked about.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

from sqlalchemy import Connection, text

from usage_tracker import usual_interval
from usage_tracker.ledger import counter_decrease
from usage_tracker.store import snapshots

_STEPS: Final = """
    WITH near AS (
        SELECT captured_at, used_quota FROM snapshot
        WHERE account_id = :account AND captured_at <= :now AND captured_at >= coalesce(
            (SELECT max(captured_at) FROM snapshot
             WHERE account_id = :account AND captured_at <= :since), 0)
    ), neighbour AS (
        SELECT captured_at AS until, lag(captured_at) OVER moments AS since,
            used_quota AS used, lag(used_quota) OVER moments AS used_before
        FROM near WINDOW moments AS (ORDER BY captured_at)
    ), step AS (
        SELECT since, until, used < used_before AS fell,
            CASE WHEN used > used_before THEN used - used_before ELSE 0 END AS spend
        FROM neighbour WHERE since IS NOT NULL AND until > :since
    ), share AS (
        SELECT since, until, fell, CASE WHEN since >= :since THEN spend
            ELSE round(1.0 * spend * (until - :since) / (until - since)) END AS spend
        FROM step
    )
"""
_SPENT: Final = text(f"""{_STEPS}
    SELECT min(since), max(until), sum(spend), min(CASE WHEN fell THEN until END) FROM share
""")  # noqa: S608
_LONG: Final = text(f"""{_STEPS}
    SELECT since, until, spend FROM share WHERE until - since > :floor
""")  # noqa: S608
_BEFORE: Final = text("""
    SELECT captured_at FROM snapshot WHERE account_id = :account AND captured_at <= :until
    ORDER BY captured_at DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class RecentSpend:
    """Spend in gateway units after a moment, as far as snapshots tell.

    `sure` is that of the `known` milliseconds, whose intervals can be trusted.
    """

    units: int
    sure: int
    known: int


def spent_since(
    connection: Connection, account_id: int, since: int, now: int
) -> RecentSpend | None:
    """What the account has spent since the moment `since` (UTC ms) as known at `now`.

    None if nothing tells.
    """
    asked = {"account": account_id, "since": since, "now": now}
    first, last, rises, fell = connection.execute(_SPENT, asked).one()
    if rises is None:
        return None
    besides = _besides(connection, asked, fell)
    doubts = list(_doubts(connection, asked)) if last - first > usual_interval.FLOOR else []
    spend = int(rises) + sum(besides.values())
    unsure = sum(units + besides.get(end, 0) for _, end, units in doubts)
    unknown = sum(end - max(start, since) for start, end, _ in doubts)
    return RecentSpend(spend, spend - unsure, last - max(first, since) - unknown)


def _besides(connection: Connection, asked: dict[str, int], fell: int | None) -> dict[int, int]:
    """What was spent where the counter fell, at `fell` first: for each interval, by its end."""
    if fell is None:
        return {}
    account_id, since = asked["account"], asked["since"]
    return {
        end: _rounded(spent * (end - max(start, since)), end - start)
        for start, end, spent in spends(connection, account_id, fell, asked["now"])
    }


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _doubts(connection: Connection, asked: dict[str, int]) -> Iterator[tuple[int, int, int]]:
    """Start, end and, but for falls, the spend of each interval that is not trusted."""
    since, whole = asked["since"], asked["now"] - asked["since"]
    for start, end, units in connection.execute(_LONG, asked | {"floor": usual_interval.FLOOR}):
        overlong = start < since and end - start > whole
        if overlong or _is_gap(connection, asked["account"], start, end):
            yield start, end, int(units)


def _is_gap(connection: Connection, account_id: int, start: int, end: int) -> bool:
    asked: dict[str, Any] = {
        "account": account_id,
        "until": start,
        "most": usual_interval.MEMORY + 1,
    }
    moments = connection.scalars(_BEFORE, asked).all()
    before = [later - earlier for later, earlier in pairwise(moments)]
    return bool(before) and end - start > usual_interval.limit(before)


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
