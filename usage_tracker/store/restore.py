"""Restoring a backup in the place of the database.

A readable database is replaced by SQLite's backup API, in one transaction: readers see the
old content or the new, and nothing is lost if the program is killed. A damaged file cannot
take part in that; it is moved aside with its log, which must not meet another file.
"""

import datetime as dt
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from usage_tracker.config.paths import expand
from usage_tracker.errors import DatabaseError
from usage_tracker.fs import exists
from usage_tracker.store.backup import POLL, back_up_before, copy_content, copy_sqlite
from usage_tracker.store.engine import DEADLINE, file_uri, open_engine
from usage_tracker.store.errors import (
    CorruptError,
    NotADatabaseError,
    translated_errors,
)
from usage_tracker.store.location import Location, resolve
from usage_tracker.store.upgrade import stored_revision

CHANGE = "restore"
_LOGS = ("-wal", "-shm", "-journal")


class ServerRestoreError(DatabaseError):
    """A server's database must be restored by the server's tools."""

    exit_code = 2

    def __init__(self, location: Location) -> None:
        super().__init__(f"{location} is on a server: restore it with `pg_restore`")


class NotABackupError(DatabaseError):
    """A file that does not exist or is empty."""

    def __init__(self, location: Location) -> None:
        super().__init__(f"there is no history in {location}: name a file of `tracker db backup`")


class SameFileError(DatabaseError):
    """The backup is the database itself."""

    exit_code = 2

    def __init__(self, location: Location) -> None:
        super().__init__(f"{location} is the database itself: name a backup of it")


def verify(backup: Path) -> Location:
    """Return the location of a `backup` that can be restored.

    Raises:
        DatabaseError: It is missing, damaged, not of this program, or of a later release.
    """
    location = resolve(expand(backup).absolute())
    if not exists(location.path):
        raise NotABackupError(location)
    engine = open_engine(location, DEADLINE, keep_journal_mode=True)
    try:
        with translated_errors(location), engine.connect() as connection, connection.begin():
            if connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
                raise CorruptError(location)
            if stored_revision(connection, location) is None:
                raise NotABackupError(location)
    finally:
        engine.dispose()
    return location


def restore(location: Location, backup: Location, deadline: float) -> Path | None:
    """Replace the database at `location` by the verified `backup`; return where the old one is.

    Waits up to `deadline` seconds for others who use it. None if there was none.

    Raises:
        BusyError: Others did not let go of it; nothing has changed.
    """
    if not location.is_sqlite:
        raise ServerRestoreError(location)
    if exists(location.path) and location.path.samefile(backup.path):
        raise SameFileError(location)
    if exists(location.path) and location.path.stat().st_size:
        try:
            kept = back_up_before(location, CHANGE)
            _overwrite(location, backup, deadline)
        except (CorruptError, NotADatabaseError):
            pass
        else:
            return kept
    kept = _move_aside(location)
    copy_sqlite(backup, location.path)
    return kept


def _overwrite(location: Location, backup: Location, deadline: float) -> None:
    with (
        translated_errors(location),
        closing(sqlite3.connect(file_uri(backup.path), uri=True)) as source,
        closing(sqlite3.connect(file_uri(location.path), uri=True, timeout=POLL)) as target,
    ):
        copy_content(source, target, location, deadline)


def _move_aside(location: Location) -> Path | None:
    """Move a damaged file, or what is left of one, aside; return its new path, None if none."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = location.path
    aside = path.with_name(f"{path.name}.before-{CHANGE}.{stamp}")
    moved = None
    # The log first: it must never lie beside a database to which it does not belong.
    for ending in (*_LOGS, ""):
        if os.path.lexists(f"{path}{ending}"):
            Path(f"{path}{ending}").rename(f"{aside}{ending}")
            moved = aside
    return moved
