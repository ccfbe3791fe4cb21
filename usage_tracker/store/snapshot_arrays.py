"""Snapshots as arrays: the only module of the store that uses NumPy."""

import sys
from collections.abc import Sequence
from typing import Final

import numpy as np
from sqlalchemy import Connection, TextClause

from usage_tracker.ledger.arrays import UNKNOWN, Int64s, SnapshotArrays
from usage_tracker.store import snapshots, statements
from usage_tracker.store.schema import LAST_MOMENT

_CHUNK = 65_536
_BEFORE_ALL = -1
_WIDTH = 4


_NONE: Final = np.empty(0, np.int64)
EMPTY: Final = SnapshotArrays(_NONE, _NONE, _NONE, None)


def read(
    connection: Connection,
    account_id: int,
    since: int | None = None,
    until: int | None = None,
    limit: int | None = None,
) -> SnapshotArrays:
    """Return the snapshots of an account in [since, until), at most the first `limit`."""
    blocks: list[Int64s] = []
    left = sys.maxsize if limit is None else limit
    while left > 0:
        size = min(left, _CHUNK)
        block = _block(connection, account_id, since, until, size)
        blocks.append(block)
        if block.shape[1] < size:
            break
        since = int(block[0, -1]) + 1
        left -= size
    return _columns(np.concatenate(blocks, axis=1) if blocks else _table([]))


def read_many(
    connection: Connection, account_ids: Sequence[int], since: int, until: int
) -> dict[int, SnapshotArrays]:
    """Return the snapshots in [since, until) of each account that has any, by account_id."""
    asked = {"accounts": statements.int_array(connection, account_ids)}
    found = connection.execute(
        statements.packed_ranges(connection), asked | {"since": since, "until": until}
    )
    return {account_id: _columns(_parsed(texts)) for account_id, *texts in found}


def firsts(connection: Connection, account_ids: Sequence[int]) -> dict[int, SnapshotArrays]:
    """Return the first snapshot of each account that has any, by account_id."""
    rows = _sought(connection, statements.after(connection), account_ids, [_BEFORE_ALL])
    return {account_ids[account]: _columns(_table([row])) for account, row in rows}


def neighbours(
    connection: Connection, account_id: int, moments: Sequence[int], until: int
) -> SnapshotArrays:
    """Return the snapshots before `until` next to each of `moments` on either side, by seeks."""
    asked = [moment for moment in moments if moment < until]
    rows = {
        row
        for statement in (statements.at_or_before(connection), statements.after(connection))
        for _, row in _sought(connection, statement, [account_id], asked)
        if row[0] < until
    }
    return _columns(_table(sorted(rows)))


def latest(connection: Connection, account_id: int, until: int, count: int) -> SnapshotArrays:
    """Return the last `count` snapshots of an account before `until`."""
    found = snapshots.rows(connection, account_id, until=until, limit=count, newest_first=True)
    rows = [_row(*row[:_WIDTH]) for row in found]
    return _columns(_table(rows[::-1]))


def merge(*parts: SnapshotArrays) -> SnapshotArrays:
    """Return all snapshots that are in any of `parts`."""
    table = _in_order(np.concatenate([_joined(part) for part in parts], axis=1))
    fresh = np.diff(table[0], prepend=_BEFORE_ALL) > 0
    return _columns(table[:, fresh])


def _block(
    connection: Connection, account_id: int, since: int | None, until: int | None, limit: int
) -> Int64s:
    bounds = {
        "account": account_id,
        "since": 0 if since is None else since,
        "until": LAST_MOMENT + 1 if until is None else until,
        "limit": limit,
    }
    return _parsed(connection.execute(statements.packed_range(connection), bounds).one())


def _parsed(texts: Sequence[str | None]) -> Int64s:
    """Return the numbers of each text as an array (4, n), by time."""
    columns = [np.fromstring(numbers or "", np.int64, sep=",") for numbers in texts]
    return _in_order(np.stack(columns))


def _in_order(table: Int64s) -> Int64s:
    if (np.diff(table[0]) >= 0).all():
        return table
    return table[:, np.argsort(table[0], kind="stable")]


def _sought(
    connection: Connection,
    statement: TextClause,
    account_ids: Sequence[int],
    moments: Sequence[int],
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the rows of a statement of seeks: index of the account, columns of the snapshot."""
    asked = {
        "accounts": statements.int_array(connection, account_ids),
        "moments": statements.int_array(connection, moments),
    }
    found = connection.execute(statement, asked)
    return [(account, _row(*row[:_WIDTH])) for account, _, *row in found]


def _row(moment: int, quota: int, used: int, requests: int | None) -> tuple[int, ...]:
    return moment, quota, used, UNKNOWN if requests is None else requests


def _table(rows: Sequence[tuple[int, ...]]) -> Int64s:
    return np.array(rows, dtype=np.int64).reshape(-1, _WIDTH).T


def _joined(columns: SnapshotArrays) -> Int64s:
    requests = columns.requests
    filled = np.full(len(columns), UNKNOWN, np.int64) if requests is None else requests
    return np.stack((columns.times, columns.quota, columns.used, filled))


def _columns(table: Int64s) -> SnapshotArrays:
    times, quota, used, requests = table
    return SnapshotArrays(times, quota, used, requests if (requests != UNKNOWN).any() else None)
