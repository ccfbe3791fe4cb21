"""Upgrades of a database to the schema of this program.

The upgrade of a file is one transaction. It takes the write lock before it reads the
schema, so of many processes one upgrades and the others find it done; a process killed at
any moment leaves the file unchanged. A file is backed up first; the backup of an upgrade
that fails is removed. A server's database is upgraded only by `tracker db upgrade`, unless
it is empty.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from usage_tracker.store.backup import back_up_before
from usage_tracker.store.engine import begin_writing, open_engine
from usage_tracker.store.errors import (
    CorruptError,
    DiskError,
    ForeignDatabaseError,
    LostReferenceError,
    NewerSchemaError,
    translated_errors,
)
from usage_tracker.store.location import Location
from usage_tracker.store.references import dangling
from usage_tracker.store.schema import SCHEMA_REVISION

ADVISORY_LOCK = 0x75736167
"""The key of the PostgreSQL advisory lock that serialises upgrades."""

_REVISION = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """The result of an upgrade: the old revision (None: an empty database) and the backup."""

    revision: str | None
    backup: Path | None


def upgrade(location: Location, deadline: float) -> UpgradeResult | None:
    """Bring the database to SCHEMA_REVISION; return None if it is there already."""
    backup = None
    try:
        with translated_errors(location), _transaction(location, deadline) as connection:
            revision = stored_revision(connection, location)
            if revision == SCHEMA_REVISION:
                return None
            backup = back_up_before(location, SCHEMA_REVISION) if revision else None
            _migrate(connection, location)
    except (DiskError, CorruptError):
        raise
    except BaseException:  # the transaction has left the file as it was
        if backup is not None:
            backup.unlink(missing_ok=True)
        raise
    return UpgradeResult(revision, backup)


def _migrate(connection: Connection, location: Location) -> None:
    """Migrate; raise LostReferenceError if rows lost those that they refer to."""
    # Alembic takes longer to import than a whole snapshot takes, and is seldom needed.
    from usage_tracker.store.migration import migrate

    is_sqlite = connection.dialect.name == "sqlite"
    before = dangling(connection) if is_sqlite else Counter()
    migrate(connection)
    lost = dangling(connection) - before if is_sqlite else Counter()
    if lost:
        raise LostReferenceError(location, min(lost).table)


def is_current(connection: Connection) -> bool:
    """Return whether the schema is at SCHEMA_REVISION: one SELECT."""
    try:
        return _versions(connection) == [SCHEMA_REVISION]
    except DBAPIError as error:
        if _is_missing_table(error):
            return False
        raise


def stored_revision(connection: Connection, location: Location) -> str | None:
    """Return the revision of the schema, None for an empty database.

    Raises:
        ForeignDatabaseError: The tables belong to another program.
        NewerSchemaError: A later release has written them.
    """
    tables = set(inspect(connection).get_table_names())
    versions = _versions(connection) if "alembic_version" in tables else []
    if not versions and tables <= {"alembic_version"}:
        return None
    if len(versions) != 1 or not _REVISION.fullmatch(versions[0]):
        raise ForeignDatabaseError(location)
    if versions[0] > SCHEMA_REVISION:
        raise NewerSchemaError(location, versions[0])
    return versions[0]


def lock_for_upgrade(connection: Connection) -> None:
    """Serialise upgrades on a server until the transaction ends; SQLite's write lock does it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


@contextmanager
def _transaction(location: Location, deadline: float) -> Iterator[Connection]:
    engine = open_engine(location, deadline, foreign_keys=False)
    try:
        with begin_writing(engine.connect(), deadline) as connection, connection.begin():
            lock_for_upgrade(connection)
            yield connection
    finally:
        engine.dispose()


def _versions(connection: Connection) -> list[str]:
    return list(map(str, connection.scalars(text("SELECT version_num FROM alembic_version"))))


def _is_missing_table(error: DBAPIError) -> bool:
    return (
        getattr(error.orig, "sqlstate", None) == "42P01"  # PostgreSQL's undefined_table
        or "no such table" in str(error.orig)
    )
