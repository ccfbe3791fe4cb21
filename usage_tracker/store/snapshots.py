"""The snapshots of an account: the counters, and when they were so.

No two have the same millisecond: a later one takes the next that is free.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from usage_tracker.capture.user import UserSelf
from usage_tracker.store import checkpoints, profiles, statements
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.schema import Source, snapshot

_COLUMNS = [column for column in snapshot.c if column.name != "account_id"]
_PAGE = 10_000

Values = dict[str, int | None]


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
    """Store `answer`; the moment (UTC ms) under which it went in.

    Raises:
        OtherAccountError: It is the answer of another account.
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


def latest(connection: Connection) -> dict[int, Snapshot]:
    """The last snapshot of each account that has one, by account_id."""
    rows = connection.execute(statements.latest(connection))
    return {account_id: Snapshot(*row) for account_id, *row in rows}


def at_or_before(
    connection: Connection, account_ids: Sequence[int], moments: Sequence[int]
) -> dict[int, list[Snapshot | None]]:
    """For each account its last snapshots at or before each of `moments`, in their order."""
    found: dict[int, list[Snapshot | None]] = {
        account_id: [None] * len(moments) for account_id in account_ids
    }
    rows = connection.execute(
        statements.at_or_before(connection),
        {
            "accounts": statements.int_array(connection, account_ids),
            "moments": statements.int_array(connection, moments),
        },
    )
    for account, moment, *row in rows:
        found[account_ids[account]][moment] = Snapshot(*row)
    return found


def at(connection: Connection, account_id: int, moment: int) -> Snapshot | None:
    """The last snapshot at or before `moment`."""
    return at_or_before(connection, [account_id], [moment])[account_id][0]


def after(connection: Connection, account_id: int, moment: int) -> Snapshot | None:
    """The first snapshot after `moment`."""
    found = iterate(connection, account_id, since=moment + 1, limit=1)
    return next(found, None)


def first(connection: Connection, account_id: int) -> Snapshot | None:
    """The account's first snapshot."""
    return next(iterate(connection, account_id, limit=1), None)


def last(connection: Connection, account_id: int) -> Snapshot | None:
    """The account's last snapshot."""
    return next(iterate(connection, account_id, limit=1, newest_first=True), None)


def count(
    connection: Connection, account_id: int, since: int | None = None, until: int | None = None
) -> int:
    """How many snapshots there are in [since, until)."""
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
    connection: Connection, account_ids: Sequence[int], since: int, until: int, most: int
) -> dict[int, int]:
    """How many snapshots each of some accounts has in [since, until), told up to `most`."""
    asked = {"accounts": statements.int_array(connection, account_ids), "most": most}
    bounds = {"since": since, "until": until}
    rows = connection.execute(statements.counts(connection), asked | bounds)
    return dict(tuple(row) for row in rows)


def iterate(
    connection: Connection,
    account_id: int,
    since: int | None = None,
    until: int | None = None,
    *,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[Snapshot]:
    """The snapshots in [since, until), oldest first unless told otherwise; never all in memory."""
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
    """What `iterate` gives, as bare tuples of the fields of Snapshot, for millions of them."""
    left = sys.maxsize if limit is None else limit
    while left > 0:
        asked = min(left, _PAGE)
        page = _page(connection, account_id, since, until, asked, newest_first=newest_first)
        yield from page
        if len(page) < asked:
            return
        left -= asked
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


def _insert(connection: Connection, row: Values) -> bool:
    statement = statements.insert(connection, snapshot).values(row).on_conflict_do_nothing()
    options = {"preserve_rowcount": True}
    return connection.execute(statement, execution_options=options).rowcount == 1
