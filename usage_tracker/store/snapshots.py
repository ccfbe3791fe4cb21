"""Snapshots of an account: its counters at one moment.

No two snapshots of an account have the same millisecond: a later one takes the next free one.
"""

import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, func, select

from usage_tracker.capture.user import UserSelf
from usage_tracker.store import checkpoints, profiles, statements
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.schema import Source, snapshot

_COLUMNS = [column for column in snapshot.c if column.name != "account_id"]
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A row of `snapshot`: `captured_at` in UTC ms, the quotas in gateway units.

    `source` is one of `usage_tracker.store.schema.Source`.
    """

    captured_at: int
    quota: int
    used_quota: int
    request_count: int | None
    profile_id: int | None
    source: int


def save(
    connection: Connection,
    account: StoredAccount,
    answer: UserSelf,
    source: Source = Source.GATEWAY,
) -> int:
    """Store `answer` and return the moment (UTC ms) under which it was stored.

    Raises:
        OtherAccountError: The answer belongs to another account.
    """
    row = {
        "account_id": account.account_id,
        "quota": answer.quota,
        "used_quota": answer.used_quota,
        "request_count": answer.request_count,
        "profile_id": profiles.get_or_create(connection, account, answer.profile),
        "source": int(source),
    }
    captured_at = answer.captured_at
    while not _insert(connection, row | {"captured_at": captured_at}):
        captured_at += 1
    checkpoints.delete_since(connection, account.account_id, captured_at)
    return captured_at


def delete(connection: Connection, account_id: int, captured: Sequence[int]) -> None:
    """Delete the account's snapshots of these moments (UTC ms)."""
    mine = (snapshot.c.account_id == account_id, snapshot.c.captured_at == bindparam("moment"))
    for start in range(0, len(captured), _PAGE):
        batch = [{"moment": moment} for moment in captured[start : start + _PAGE]]
        connection.execute(sa.delete(snapshot).where(*mine), batch)


def latest(connection: Connection) -> dict[int, Snapshot]:
    """Return the last snapshot of each account that has one, by account_id."""
    rows = connection.execute(statements.latest(connection))
    return {account_id: Snapshot(*row) for account_id, *row in rows}


def at_or_before(
    connection: Connection, account_ids: Sequence[int], asked: Sequence[int]
) -> dict[int, list[Snapshot | None]]:
    """Return for each account its last snapshot at or before each `asked` moment, in order."""
    found: dict[int, list[Snapshot | None]] = {
        account_id: [None] * len(asked) for account_id in account_ids
    }
    rows = connection.execute(
        statements.at_or_before(connection),
        {
            "accounts": statements.int_array(connection, account_ids),
            "moments": statements.int_array(connection, asked),
        },
    )
    for account, moment, *row in rows:
        found[account_ids[account]][moment] = Snapshot(*row)
    return found


def at(connection: Connection, account_id: int, moment: int) -> Snapshot | None:
    """Return the last snapshot at or before `moment`."""
    return at_or_before(connection, [account_id], [moment])[account_id][0]


def after(connection: Connection, account_id: int, moment: int) -> Snapshot | None:
    """Return the first snapshot after `moment`."""
    return next(iterate(connection, account_id, since=moment + 1, limit=1), None)


def last(connection: Connection, account_id: int) -> Snapshot | None:
    """Return the account's last snapshot."""
    return next(iterate(connection, account_id, limit=1, newest_first=True), None)


def count(
    connection: Connection, account_id: int, since: int | None = None, until: int | None = None
) -> int:
    """Return the number of snapshots in [since, until)."""
    statement = (
        select(func.count())
        .select_from(snapshot)
        .where(
            snapshot.c.account_id == account_id,
            *statements.in_range(snapshot.c.captured_at, since, until),
        )
    )
    return connection.scalars(statement).one()


def counts(
    connection: Connection, account_ids: Sequence[int], since: int, until: int, limit: int
) -> dict[int, int]:
    """Return the number of snapshots of each account in [since, until), at most `limit`."""
    values = {"accounts": statements.int_array(connection, account_ids), "most": limit}
    bounds = {"since": since, "until": until}
    rows = connection.execute(statements.counts(connection), values | bounds)
    return dict(tuple(row) for row in rows)


def moments(connection: Connection, account_id: int, until: int) -> "array[int]":
    """Return the moments of the account's snapshots before `until`, ascending (UTC ms).

    An array takes eight bytes for each of millions.
    """
    mine = (snapshot.c.account_id == account_id, snapshot.c.captured_at < until)
    statement = select(snapshot.c.captured_at).where(*mine).order_by(snapshot.c.captured_at)
    rows = connection.execution_options(yield_per=_PAGE).scalars(statement)
    return array("q", rows)


def iterate(
    connection: Connection,
    account_id: int,
    since: int | None = None,
    until: int | None = None,
    *,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[Snapshot]:
    """Yield the snapshots in [since, until), page by page: never all in memory."""
    found = rows(connection, account_id, since, until, limit=limit, newest_first=newest_first)
    return (Snapshot(*row) for row in found)


def rows(
    connection: Connection,
    account_id: int,
    since: int | None = None,
    until: int | None = None,
    *,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[tuple[Any, ...]]:
    """Yield what `iterate` yields as bare tuples of Snapshot's fields, for millions of rows."""
    left = sys.maxsize if limit is None else limit
    while left > 0:
        size = min(left, _PAGE)
        page = _page(connection, account_id, since, until, size, newest_first=newest_first)
        yield from page
        if len(page) < size:
            return
        left -= size
        since, until = (since, page[-1][0]) if newest_first else (page[-1][0] + 1, until)


def _page(
    connection: Connection,
    account_id: int,
    since: int | None,
    until: int | None,
    limit: int,
    *,
    newest_first: bool,
) -> Sequence[tuple[Any, ...]]:
    moment = snapshot.c.captured_at
    statement = (
        select(*_COLUMNS)
        .where(
            snapshot.c.account_id == account_id,
            *statements.in_range(moment, since, until),
        )
        .order_by(moment.desc() if newest_first else moment)
        .limit(limit)
    )
    # The driver's own cursor: making a Row of each would double the time.
    page: Sequence[tuple[Any, ...]] = connection.execute(statement).cursor.fetchall()
    return page


def _insert(connection: Connection, row: dict[str, int | None]) -> bool:
    statement = statements.insert(connection, snapshot).values(row).on_conflict_do_nothing()
    options = {"preserve_rowcount": True}
    return connection.execute(statement, execution_options=options).rowcount == 1
