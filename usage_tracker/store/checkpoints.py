"""What the ledger remembers: settled events, and marks up to which they are settled.

All of it can be computed again from the snapshots, as long as these are there. A mark
tells how far the ledger was kept, how many snapshots there are up to it, and what is
needed to go on from there. One mark a week stays, so that the past can be seen as it was
known without starting over. Where snapshots were pruned, a mark is the floor: what is
remembered up to it stands for good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, delete, func, select, update

from usage_tracker.store.schema import LAST_MOMENT, event, mark, snapshot
from usage_tracker.store.statements import in_range, insert
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
class StoredCheckpoint:
    """A row of `mark`: `count` snapshots lie at or before `scanned_to` (UTC ms)."""

    scanned_to: int
    count: int
    reserved: int
    exact: bool
    floor: bool = False


def baseline(connection: Connection, account_id: int) -> StoredCheckpoint | None:
    """Return the floor of an account whose snapshots were pruned, None for any other."""
    return next((one for one in list_checkpoints(connection, account_id) if one.floor), None)


def list_checkpoints(connection: Connection, account_id: int) -> list[StoredCheckpoint]:
    """The marks of an account, the last one first."""
    return checkpoints_by_account(connection, [account_id])[account_id]


def checkpoints_by_account(
    connection: Connection, account_ids: Sequence[int]
) -> dict[int, list[StoredCheckpoint]]:
    """All marks of each of some accounts, the last one first, by account_id."""
    statement = (
        select(mark)
        .where(mark.c.account_id.in_(account_ids))
        .order_by(mark.c.account_id, mark.c.scanned_to.desc())
    )
    found: dict[int, list[StoredCheckpoint]] = {account_id: [] for account_id in account_ids}
    for account_id, moment, count, reserved, exact, floor in connection.execute(statement):
        found[account_id].append(
            StoredCheckpoint(moment, count, reserved, bool(exact), bool(floor))
        )
    return found


def list_events(
    connection: Connection, account_id: int, until: int = LAST_MOMENT
) -> list[StoredEvent]:
    """Return the events of an account at or before `until` (UTC ms), in order."""
    found = events_by_account(connection, [account_id])[account_id]
    return [one for one in found if one.captured_at <= until]


def events_by_account(
    connection: Connection, account_ids: Sequence[int]
) -> dict[int, list[StoredEvent]]:
    """All events of each of some accounts, in order, by account_id."""
    statement = (
        select(event)
        .where(event.c.account_id.in_(account_ids))
        .order_by(event.c.account_id, event.c.captured_at, event.c.after, event.c.kind)
    )
    found: dict[int, list[StoredEvent]] = {account_id: [] for account_id in account_ids}
    # The driver's own cursor: making a Row of each would double the time.
    for account_id, *row in connection.execute(statement).cursor.fetchall():
        found[account_id].append(StoredEvent(*row))
    return found


def remember(
    connection: Connection,
    account_id: int,
    settled: Iterable[StoredEvent],
    new: Iterable[StoredCheckpoint],
) -> None:
    """Keep events and the marks up to which they are settled."""
    rows = [{"account_id": account_id} | asdict(one) for one in settled]
    for start in range(0, len(rows), _BATCH):
        statement = insert(connection, event).on_conflict_do_nothing()
        connection.execute(statement, rows[start : start + _BATCH])
    for one in new:
        _keep(connection, account_id, one)


def _keep(connection: Connection, account_id: int, new: StoredCheckpoint) -> None:
    """Keep a mark in the place of the earlier ones of its week."""
    in_week = in_range(mark.c.scanned_to, new.scanned_to // WEEK * WEEK, new.scanned_to + 1)
    mine = (mark.c.account_id == account_id, mark.c.floor == 0)
    connection.execute(delete(mark).where(*mine, *in_week))
    _insert(connection, account_id, new)


def _insert(connection: Connection, account_id: int, new: StoredCheckpoint) -> None:
    flags = {"exact": int(new.exact), "floor": int(new.floor)}
    values = {"account_id": account_id} | asdict(new) | flags
    connection.execute(insert(connection, mark).values(values))


def set_baseline(
    connection: Connection, account_id: int, new: StoredCheckpoint, pruned: int
) -> None:
    """Make `new` the floor, under which so many snapshots were `pruned`."""
    mine = mark.c.account_id == account_id
    connection.execute(delete(mark).where(mine, mark.c.scanned_to <= new.scanned_to))
    connection.execute(update(mark).where(mine).values(count=mark.c.count - pruned))
    _insert(connection, account_id, replace(new, count=new.count - pruned, floor=True))


def replace_all(
    connection: Connection, account_id: int, settled: Iterable[StoredEvent], floor: StoredCheckpoint
) -> None:
    """Remember only `settled` and the `floor` up to which that stands for good.

    The snapshots up to the floor are counted here.
    """
    for table in (event, mark):
        connection.execute(delete(table).where(table.c.account_id == account_id))
    remember(connection, account_id, settled, ())
    _insert(connection, account_id, replace(floor, floor=True))
    _recount(connection, account_id)


def delete_since(connection: Connection, account_id: int, since: int) -> None:
    """Take back what is remembered of `since` (UTC ms) and later, as if it had not been scanned.

    What lies under the floor stays.
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
    """Count again the snapshots under the floor, to which some were added."""
    count = (
        select(func.count())
        .select_from(snapshot)
        .where(snapshot.c.account_id == account_id, snapshot.c.captured_at <= mark.c.scanned_to)
        .scalar_subquery()
    )
    mine = (mark.c.account_id == account_id, mark.c.floor == 1)
    connection.execute(update(mark).where(*mine).values(count=count))
