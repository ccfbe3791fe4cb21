"""Thinning: fewer snapshots of the distant past, with nothing lost that the ledger tells.

The two snapshots on either side of each boundary stay, the first and the last of all, and
the two beside each event. As the counters are cumulative, the spend between any two that
stay is what it was; and so is what is apportioned at a boundary between two of them.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from contextlib import suppress

from sqlalchemy import Connection, and_, bindparam, delete, select

from usage_tracker.store.database import Database
from usage_tracker.store.errors import BusyError, DiskFullError, translated_errors
from usage_tracker.store.schema import snapshot

_BATCH = 10_000


def surplus(
    connection: Connection,
    account_id: int,
    until: int,
    edges: Sequence[int],
    beside: Collection[int],
) -> list[int]:
    """The moments of an account's snapshots before `until` that can go, ascending (UTC ms).

    Those next to one of the boundaries `edges` stay, and those `beside` events, given by
    their moments.
    """
    mine = and_(snapshot.c.account_id == account_id, snapshot.c.captured_at < until)
    moments = connection.scalars(
        select(snapshot.c.captured_at).where(mine).order_by(snapshot.c.captured_at)
    ).all()
    after = {bisect_right(moments, edge) for edge in edges}
    kept = after | {i - 1 for i in after} | {0, len(moments) - 1}
    return [moment for i, moment in enumerate(moments) if i not in kept and moment not in beside]


def thin(connection: Connection, account_id: int, moments: Sequence[int]) -> None:
    """Delete the account's snapshots of `moments`."""
    mine = and_(snapshot.c.account_id == account_id, snapshot.c.captured_at == bindparam("gone"))
    for start in range(0, len(moments), _BATCH):
        batch = [{"gone": moment} for moment in moments[start : start + _BATCH]]
        connection.execute(delete(snapshot).where(mine), batch)


def compact(database: Database) -> None:
    """Give the space back to the file system, unless others are at work in the file.

    PostgreSQL does that by itself.
    """
    if not database.location.is_sqlite:
        return
    busy = suppress(BusyError, DiskFullError)
    with busy, translated_errors(database.location), database.engine.connect() as connection:
        # By the driver's own cursor: VACUUM is for no transaction, and the engine begins one.
        connection.connection.cursor().execute("VACUUM")
