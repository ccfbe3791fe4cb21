"""Spend since a recent moment, from the last snapshots and without NumPy.

The rules are those of `analysis.periods` and `analysis.rates`: the interval that crosses the
moment counts for the share of it that lies after, and is uncertain where it is a gap or longer
than 1.25 times all of the time asked about. They are enough for plain counters, where what is
spent is what leaves the balance (see `is_plain`); `recent_ledger` knows the rest.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection

from usage_tracker.ledger.uncertainty import LONGEST, is_rate_known
from usage_tracker.store import snapshots
from usage_tracker.times import DAY, GAP_LOOKBACK, HOUR, SHORTEST_GAP, gap_limit

Row = tuple[int, int, int]
"""The moment (UTC ms), quota and used_quota of a snapshot."""

_CONTEXT = 4 * DAY
_HOURS = 6 * HOUR
_MOST_FALLS = 3


@dataclass(frozen=True, slots=True)
class RecentSpend:
    """Spend in gateway units in the `length` ms before a moment, and what the balance bore of it.

    `known` is the time from the first to the last snapshot in it, in ms; `in_doubt` are the
    most drawn units that an uncertain interval at its start could add or take.
    """

    units: int
    drawn: int
    length: int
    known: int
    in_doubt: int

    @property
    def per_day(self) -> float | None:
        """Units drawn per day of known time; None where a report does not know the rate either."""
        if not is_rate_known(self.known / self.length, self.in_doubt, self.drawn):
            return None
        return self.drawn * DAY / self.known


def rows_since(
    connection: Connection, account_id: int, since: int, now: int, context: int = _CONTEXT
) -> list[Row]:
    """Return the snapshots since the moment `since` (UTC ms) and before `context` ms, up to `now`.

    There are always enough before `since` to find the usual interval.
    """
    found: list[Row] = []
    earlier = 0
    for moment, quota, used, *_ in snapshots.rows(
        connection, account_id, until=now + 1, newest_first=True
    ):
        found.append((moment, quota, used))
        earlier += moment <= since
        if earlier > GAP_LOOKBACK + 1 and moment < since - context:
            break
    return found[::-1]


def is_plain(rows: Sequence[Row]) -> bool:
    """Return whether all that moved the counters is spend, requests in flight and credit.

    It is not if `used_quota` decreased, if the balance stood still during spend, or if
    quota + used_quota fell several times without coming back before the next credit.
    """
    totals = [quota + used for _, quota, used in rows]
    moments = [moment for moment, *_ in rows]
    falls, highest = 0, totals[-1] if totals else 0
    for i in range(len(rows) - 1, 0, -1):
        (_, quota, used), (_, later_quota, later_used) = rows[i - 1], rows[i]
        if later_used < used or (later_used > used and later_quota == quota):
            return False
        if totals[i] > totals[i - 1] and later_quota > quota:
            hours_before = bisect_left(moments, moments[i - 1] - _HOURS)
            if totals[i] > max(totals[hours_before:i]):  # a credit
                highest = totals[i - 1]
        falls += highest < totals[i - 1] and totals[i] < totals[i - 1]
        highest = max(highest, totals[i - 1])
    return falls <= _MOST_FALLS


def spent_since(rows: Sequence[Row], since: int, now: int) -> RecentSpend | None:
    """Return the spend since the moment `since` (UTC ms) by plain `rows`.

    None where no interval between two snapshots reaches into that time.
    """
    start = max((i for i, (moment, *_) in enumerate(rows) if moment <= since), default=0)
    window = rows[start:]
    if len(window) <= 1:
        return None
    (first, _, used), (second, _, next_used), *_ = window
    crosses = first < since
    held = next_used - used
    earlier = round(held * ((since - first) / (second - first))) if crosses else 0
    is_long = second - first > LONGEST * (now - since)
    uncertain = crosses and (is_long or _is_gap(rows[: start + 1], second))
    units = window[-1][2] - used - earlier
    return RecentSpend(
        units=units,
        drawn=units,
        length=now - since,
        known=window[-1][0] - max(first, since),
        in_doubt=max(earlier, held - earlier) if uncertain else 0,
    )


def _is_gap(rows: Sequence[Row], end: int) -> bool:
    """Return whether the interval from the last of `rows` to `end` is a gap."""
    moments = [moment for moment, *_ in rows[-GAP_LOOKBACK - 1 :]]
    before = [later - former for former, later in pairwise(moments)]
    length = end - moments[-1]
    return length > SHORTEST_GAP and bool(before) and length > gap_limit(before)
