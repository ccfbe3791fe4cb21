"""What the ledger remembers: settled events, and marks up to which they are settled.

All of it can be computed again from the snapshots. A mark tells how far the ledger was
kept, how many snapshots there are up to it, and what is needed to go on from there. One
mark a week stays, so that the past can be seen as it was known without starting over.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, select

from usage_tracker.store.schema import event, mark
from usage_tracker.store.statements import insert, within
from usage_tracker.times import DAY

WEEK = 7 * DAY
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of `event`; moments in UTC ms, `quota` in units as the ledger's events have it."""

    captured_at: int
    after: int
    kind: str
    quota: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of `mark`: `count` snapshots lie at or before `scanned_to` (UTC ms)."""

    scanned_to: int
    count: int
    reserved: int
    exact: bool


def marks(connection: Connection, account_id: int, until: int | None = None) -> list[Mark]:
    """The marks of an account before `until`, the last one first."""
    statement = (
        select(mark.c.scanned_to, mark.c.count, mark.c.reserved, mark.c.exact)
        .where(mark.c.account_id == account_id, *within(mark.c.scanned_to, None, until))
        .order_by(mark.c.scanned_to.desc())
    )
    return [
        Mark(moment, count, reserved, bool(exact))
        for moment, count, reserved, exact in connection.execute(statement)
    ]


def events(connection: Connection, account_id: int, until: int | None = None) -> list[StoredEvent]:
    """The events of an account before `until`, in order."""
    statement = (
        select(event.c.captured_at, event.c.after, event.c.kind, event.c.quota)
        .where(event.c.account_id == account_id, *within(event.c.captured_at, None, until))
        .order_by(event.c.captured_at, event.c.after, event.c.kind)
    )
    return [StoredEvent(*row) for row in connection.execute(statement)]


def remember(
    connection: Connection, account_id: int, settled: Iterable[StoredEvent], new: Iterable[Mark]
) -> None:
    """Keep events and the marks up to which they are settled."""
    rows = [{"account_id": account_id} | asdict(one) for one in settled]
    for start in range(0, len(rows), _BATCH):
        statement = insert(connection, event).on_conflict_do_nothing()
        connection.execute(statement, rows[start : start + _BATCH])
    for one in new:
        _keep(connection, account_id, one)


def _keep(connection: Connection, account_id: int, new: Mark) -> None:
    """Keep a mark in the place of the earlier ones of its week."""
    in_week = within(mark.c.scanned_to, new.scanned_to // WEEK * WEEK, new.scanned_to + 1)
    connection.execute(delete(mark).where(mark.c.account_id == account_id, *in_week))
    values = {"account_id": account_id} | asdict(new) | {"exact": int(new.exact)}
    connection.execute(insert(connection, mark).values(values))


def forget(connection: Connection, account_id: int, since: int) -> None:
    """Take back what is remembered of `since` (UTC ms) and later, as if it had not been scanned."""
    gone = connection.execute(
        delete(mark).where(mark.c.account_id == account_id, mark.c.scanned_to >= since)
    )
    if gone.rowcount:
        left = select(func.coalesce(func.max(mark.c.scanned_to), -1))
        reached = connection.scalars(left.where(mark.c.account_id == account_id)).one()
        connection.execute(
            delete(event).where(event.c.account_id == account_id, event.c.captured_at > reached)
        )
