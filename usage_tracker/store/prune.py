"""Thinning: fewer snapshots of the distant past, with nothing lost that the ledger tells.

The last snapshot at or before each full hour (or midnight, in UTC) stays, the first of
all, and the two beside each event. As the counters are cumulative, the spend between any
two that stay is what it was.
"""

from collections.abc import Collection
from contextlib import suppress
from itertools import pairwise
from typing import Literal

from sqlalchemy import Connection, and_, bindparam, delete, select

from usage_tracker.store.database import Database
from usage_tracker.store.errors import BusyError, DiskFullError, explained
from usage_tracker.store.schema import snapshot
from usage_tracker.times import DAY, HOUR

Grain = Literal["hour", "day"]

_BATCH = 10_000

LENGTHS = {"hour": HOUR, "day": DAY}


def surplus(
    connection: Connection, account_id: int, until: int, grain: Grain, beside: Collection[int]
) -> int:
    """How many of an account's snapshots before `until` (UTC ms) can go.

    Those `beside` events, given by their moments, stay.
    """
    return len(_surplus(connection, account_id, until, grain, beside))


def thin(
    connection: Connection, account_id: int, until: int, grain: Grain, beside: Collection[int]
) -> int:
    """Delete them; how many they were."""
    moments = _surplus(connection, account_id, until, grain, beside)
    mine = and_(snapshot.c.account_id == account_id, snapshot.c.captured_at == bindparam("gone"))
    for start in range(0, len(moments), _BATCH):
        batch = [{"gone": moment} for moment in moments[start : start + _BATCH]]
        connection.execute(delete(snapshot).where(mine), batch)
    return len(moments)


def _surplus(
    connection: Connection, account_id: int, until: int, grain: Grain, beside: Collection[int]
) -> list[int]:
    """The moments that can go, ascending."""
    length = LENGTHS[grain]
    mine = and_(snapshot.c.account_id == account_id, snapshot.c.captured_at < until)
    moments = list(
        connection.scalars(select(snapshot.c.captured_at).where(mine).order_by("captured_at"))
    )
    return [
        moment
        for moment, following in pairwise(list(moments)[1:])
        if (moment - 1) // length == (following - 1) // length and moment not in beside
    ]


def compact(database: Database) -> None:
    """Give the space back to the file system, unless others are at work in the file.

    PostgreSQL does that by itself.
    """
    if not database.location.is_sqlite:
        return
    busy = suppress(BusyError, DiskFullError)
    with busy, explained(database.location), database.engine.connect() as connection:
        # By the driver's own cursor: VACUUM is for no transaction, and the engine begins one.
        connection.connection.cursor().execute("VACUUM")
