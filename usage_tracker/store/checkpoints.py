"""Stored results of the ledger: events, and the checkpoints up to which they are final.

All of it can be computed again from the snapshots, as long as none is missing. A
checkpoint stores how far the ledger was computed, how many snapshots there are up to it,
and what is needed to continue from there. One a week stays, so that the past can be shown
as it was known then without computing everything again. Where snapshots were pruned, one
checkpoint is the baseline: the stored events up to it replace the missing snapshots.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, select, update

from usage_tracker.ledger.events import Event
from usage_tracker.store.schema import LAST_MOMENT, event, mark, snapshot
from usage_tracker.store.statements import in_range, insert
from usage_tracker.times import DAY

WEEK = 7 * DAY
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A row of `mark`: `count` snapshots lie at or before `scanned_to` (UTC ms)."""

    scanned_to: int
    count: int
    reserved: int
    exact: bool
    is_baseline: bool = False


def baseline(connection: Connection, account_id: int) -> StoredCheckpoint | None:
    """Return the baseline of an account whose snapshots were pruned, None for any other."""
    found = list_checkpoints(connection, account_id)
    return next((one for one in found if one.is_baseline), None)


def list_checkpoints(connection: Connection, account_id: int) -> list[StoredCheckpoint]:
    """Return the checkpoints of an account, newest first."""
    return checkpoints_by_account(connection, [account_id])[account_id]


def checkpoints_by_account(
    connection: Connection, account_ids: Sequence[int]
) -> dict[int, list[StoredCheckpoint]]:
    """Return the checkpoints of each account, newest first, by account_id."""
    statement = (
        select(mark)
        .where(mark.c.account_id.in_(account_ids))
        .order_by(mark.c.account_id, mark.c.scanned_to.desc())
    )
    found: dict[int, list[StoredCheckpoint]] = {account_id: [] for account_id in account_ids}
    for account_id, moment, count, reserved, exact, floor in connection.execute(statement):
        new = StoredCheckpoint(moment, count, reserved, bool(exact), bool(floor))
        found[account_id].append(new)
    return found


def list_events(connection: Connection, account_id: int, until: int = LAST_MOMENT) -> list[Event]:
    """Return the events of an account at or before `until` (UTC ms), in order."""
    found = events_by_account(connection, [account_id])[account_id]
    return [one for one in found if one.at <= until]


def events_by_account(connection: Connection, account_ids: Sequence[int]) -> dict[int, list[Event]]:
    """Return all events of each account, in order, by account_id."""
    statement = (
        select(event)
        .where(event.c.account_id.in_(account_ids))
        .order_by(event.c.account_id, event.c.captured_at, event.c.after, event.c.kind)
    )
    found: dict[int, list[Event]] = {account_id: [] for account_id in account_ids}
    # The driver's own cursor: making a Row of each would double the time.
    for account_id, at, after, kind, quota, flag in connection.execute(statement).cursor.fetchall():
        found[account_id].append(Event(at, after, kind, quota, bool(flag)))
    return found


def insert_events(connection: Connection, account_id: int, events: Iterable[Event]) -> None:
    """Store events that are not stored yet."""
    rows = [
        {
            "account_id": account_id,
            "captured_at": one.at,
            "after": one.after,
            "kind": one.kind,
            "quota": one.quota,
            "confirmed": int(one.confirmed),
        }
        for one in events
    ]
    for start in range(0, len(rows), _BATCH):
        statement = insert(connection, event).on_conflict_do_nothing()
        connection.execute(statement, rows[start : start + _BATCH])


def upsert(connection: Connection, account_id: int, new: StoredCheckpoint) -> None:
    """Store a checkpoint in place of the earlier ones of its week."""
    in_week = in_range(mark.c.scanned_to, new.scanned_to // WEEK * WEEK, new.scanned_to + 1)
    mine = (mark.c.account_id == account_id, mark.c.floor == 0)
    connection.execute(delete(mark).where(*mine, *in_week))
    _insert(connection, account_id, new)


def _insert(connection: Connection, account_id: int, new: StoredCheckpoint) -> None:
    values = {
        "account_id": account_id,
        "scanned_to": new.scanned_to,
        "count": new.count,
        "reserved": new.reserved,
        "exact": int(new.exact),
        "floor": int(new.is_baseline),
    }
    connection.execute(insert(connection, mark).values(values))


def set_baseline(
    connection: Connection, account_id: int, new: StoredCheckpoint, pruned: int
) -> None:
    """Make `new` the baseline, after so many snapshots before it were `pruned`."""
    mine = mark.c.account_id == account_id
    connection.execute(delete(mark).where(mine, mark.c.scanned_to <= new.scanned_to))
    connection.execute(update(mark).where(mine).values(count=mark.c.count - pruned))
    _insert(connection, account_id, replace(new, count=new.count - pruned, is_baseline=True))


def replace_all(
    connection: Connection,
    account_id: int,
    events: Iterable[Event],
    new_baseline: StoredCheckpoint,
) -> None:
    """Replace all stored events and checkpoints by these; `count` is counted here."""
    for table in (event, mark):
        connection.execute(delete(table).where(table.c.account_id == account_id))
    insert_events(connection, account_id, events)
    _insert(connection, account_id, replace(new_baseline, is_baseline=True))
    _recount(connection, account_id)


def delete_since(connection: Connection, account_id: int, since: int) -> None:
    """Delete what a snapshot added or removed at `since` (UTC ms) invalidates: events, checkpoints.

    Those up to the baseline stay.
    """
    later = (mark.c.account_id == account_id, mark.c.scanned_to >= since)
    if not connection.execute(delete(mark).where(*later, mark.c.floor == 0)).rowcount:
        floor = connection.scalar(select(mark.c.scanned_to).where(*later))
        if floor is None:
            return
    left = select(func.coalesce(func.max(mark.c.scanned_to), -1))
    reached = connection.scalars(left.where(mark.c.account_id == account_id)).one()
    connection.execute(
        delete(event).where(event.c.account_id == account_id, event.c.captured_at > reached)
    )
    _recount(connection, account_id)


def _recount(connection: Connection, account_id: int) -> None:
    """Count the snapshots up to the baseline again, because some were added."""
    count = (
        select(func.count())
        .select_from(snapshot)
        .where(snapshot.c.account_id == account_id, snapshot.c.captured_at <= mark.c.scanned_to)
        .scalar_subquery()
    )
    mine = (mark.c.account_id == account_id, mark.c.floor == 1)
    connection.execute(update(mark).where(*mine).values(count=count))
