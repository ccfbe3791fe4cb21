"""Many snapshots at once, as arrays: the only room of the store that knows numpy."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, select

from usage_tracker.store import snapshots
from usage_tracker.store.schema import snapshot
from usage_tracker.store.statements import after, at_or_before, numbers, within

Int64s = npt.NDArray[np.int64]

UNKNOWN: Final = -1
_CHUNK = 65_536
_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Columns:
    """Snapshots as four int64 arrays of equal length n, by time, strictly ascending.

    `times` are UTC milliseconds, `quota` and `used` gateway units; `requests` is
    UNKNOWN where a snapshot has no count, and None where none has.
    """

    times: Int64s
    quota: Int64s
    used: Int64s
    requests: Int64s | None

    def __len__(self) -> int:
        return len(self.times)


def read(
    connection: Connection,
    account_id: int,
    since: int | None = None,
    until: int | None = None,
    limit: int | None = None,
) -> Columns:
    """The snapshots of an account in [since, until), at most the first `limit` of them."""
    blocks = [np.empty((_WIDTH, 0), dtype=np.int64)]
    left = sys.maxsize if limit is None else limit
    while left > 0:
        asked = min(left, _CHUNK)
        block = _block(connection, account_id, since, until, asked)
        blocks.append(block)
        if block.shape[1] < asked:
            break
        since = int(block[0, -1]) + 1
        left -= asked
    return _columns(np.concatenate(blocks, axis=1))


def around(
    connection: Connection, account_id: int, moments: Sequence[int], until: int, tail: int
) -> Columns:
    """The snapshots next to each of `moments` on either side, the first and the last `tail`.

    Only of those before `until`; found by seeks, however many there are.
    """
    asked = {
        "accounts": numbers(connection, [account_id]),
        "moments": numbers(connection, [moment for moment in moments if moment < until]),
    }
    rows = {
        captured_at: (captured_at, quota, used, UNKNOWN if requests is None else requests)
        for statement in (at_or_before(connection), after(connection))
        for _, _, captured_at, quota, used, requests, *_ in connection.execute(statement, asked)
        if captured_at < until
    }
    for one in (
        *snapshots.iterate(connection, account_id, until=until, limit=1),
        *snapshots.iterate(connection, account_id, until=until, limit=tail, newest_first=True),
    ):
        requests = UNKNOWN if one.request_count is None else one.request_count
        rows[one.captured_at] = (one.captured_at, one.quota, one.used_quota, requests)
    table = np.array(sorted(rows.values()), dtype=np.int64).reshape(-1, _WIDTH).T
    return _columns(table)


def merged(one: Columns, other: Columns) -> Columns:
    """All snapshots that are in either."""
    table = np.concatenate((_table(one), _table(other)), axis=1)
    _, kept = np.unique(table[0], return_index=True)
    return _columns(table[:, kept])


def _table(columns: Columns) -> Int64s:
    requests = columns.requests
    told = np.full(len(columns), UNKNOWN, np.int64) if requests is None else requests
    return np.stack((columns.times, columns.quota, columns.used, told))


def _block(
    connection: Connection, account_id: int, since: int | None, until: int | None, limit: int
) -> Int64s:
    moment = snapshot.c.captured_at
    requests = func.coalesce(snapshot.c.request_count, UNKNOWN)
    statement = (
        select(moment, snapshot.c.quota, snapshot.c.used_quota, requests)
        .where(snapshot.c.account_id == account_id, *within(moment, since, until))
        .order_by(moment)
        .limit(limit)
    )
    # The driver's own cursor: making a Row of each of five million would double the time.
    rows = connection.execute(statement).cursor.fetchall()
    values = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * _WIDTH)
    return values.reshape(-1, _WIDTH).T


def _columns(table: Int64s) -> Columns:
    times, quota, used, requests = table
    return Columns(times, quota, used, requests if (requests != UNKNOWN).any() else None)
