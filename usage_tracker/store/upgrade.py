"""Bringing a database to the schema of this program, whoever else is at it.

The upgrade of a file is one transaction that holds the write lock from before the
schema is looked at, so that of many processes one upgrades and the others find it
done; killed at any moment, it has not happened. What there was is backed up first.
A server's database is upgraded only when its people say so, unless it is empty.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from usage_tracker.store.backup import copy_sqlite
from usage_tracker.store.engine import begin_writing, connect_to
from usage_tracker.store.errors import CorruptError, explained
from usage_tracker.store.location import Location
from usage_tracker.store.revision import stored_revision
from usage_tracker.store.schema import SCHEMA_REVISION

ADVISORY_LOCK = 0x75736167
"""The key under which PostgreSQL lets one upgrade happen at a time."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did: from which revision (None: from nothing), and where the backup is."""

    revision: str | None
    backup: Path | None


def upgrade(location: Location, deadline: float) -> Upgraded | None:
    """Bring the database to SCHEMA_REVISION; None if it is there."""
    with explained(location), _alone(location, deadline) as connection:
        revision = stored_revision(connection, location)
        if revision == SCHEMA_REVISION:
            return None
        backup = _back_up(location) if revision and location.is_sqlite else None
        # It costs more than a whole snapshot, and only the one that upgrades needs it.
        from usage_tracker.store.migration import migrate

        migrate(connection)
        _verify(connection, location)
        return Upgraded(revision, backup)


@contextmanager
def _alone(location: Location, deadline: float) -> Iterator[Connection]:
    engine = connect_to(location, deadline, foreign_keys=False)
    try:
        with begin_writing(engine.connect(), deadline) as connection, connection.begin():
            keep_others_out(connection)
            yield connection
    finally:
        engine.dispose()


def keep_others_out(connection: Connection) -> None:
    """Keep other upgrades out until the transaction ends; SQLite's write lock does it already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _back_up(location: Location) -> Path:
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = location.path.with_name(f"{location.path.name}.before-{SCHEMA_REVISION}.{stamp}")
    copy_sqlite(location, target)
    return target


def _verify(connection: Connection, location: Location) -> None:
    if connection.dialect.name != "sqlite":
        return
    violation = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if violation is not None:
        raise CorruptError(location, f"table {violation[0]} refers to rows that are not there")
