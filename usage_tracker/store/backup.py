"""Backups: a consistent copy of the database while others write."""

import datetime as dt
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from usage_tracker.config.paths import expand
from usage_tracker.errors import DatabaseError
from usage_tracker.fs import exists, sweep
from usage_tracker.store.engine import DEADLINE, file_uri
from usage_tracker.store.errors import BusyError, NoDatabaseError, translate, translated_errors
from usage_tracker.store.files import atomic_file
from usage_tracker.store.location import Location

KEPT = 3
"""Copies that are kept of those made before each kind of change."""

POLL = 0.05
_HAS_VACUUM_INTO = (3, 27)

_WRITING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
"""Errors that come from writing the copy rather than from reading the original."""


class ServerBackupError(DatabaseError):
    """A server's database must be backed up by the server's tools."""

    exit_code = 2

    def __init__(self, location: Location) -> None:
        super().__init__(f"{location} is on a server: back it up with `pg_dump --format=custom`")


def back_up(location: Location, target: Path) -> Path:
    """Copy the database to the new file `target`, 0600, atomically."""
    if not location.is_sqlite:
        raise ServerBackupError(location)
    if not exists(location.path):
        raise NoDatabaseError(location)
    target = expand(target).absolute()
    copy_sqlite(location, target)
    return target


def back_up_before(location: Location, change: str) -> Path | None:
    """Copy the file to one beside it, named after the `change` that follows.

    The newest KEPT copies of each change are kept. Return None for a server's database,
    which is not backed up.
    """
    if not location.is_sqlite:
        return None
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = location.path.with_name(f"{location.path.name}.before-{change}.{stamp}")
    sweep(target.parent, location.path.name)  # drafts of copies have names of their own
    copy_sqlite(location, target)
    _remove_older(target.parent, f"{location.path.name}.before-{change}.")
    return target


def _remove_older(directory: Path, start: str) -> None:
    """Remove all but the newest KEPT copies whose names begin with `start`."""
    copies = [each for each in directory.iterdir() if each.name.startswith(start)]
    for copy in sorted(copies)[:-KEPT]:  # the names end with their moments
        with suppress(OSError):
            copy.unlink()


def copy_sqlite(location: Location, target: Path) -> None:
    """Write the committed state to `target`, over a separate connection."""
    with translated_errors(location), atomic_file(target, replace=False) as draft:
        connection = sqlite3.connect(file_uri(location.path), uri=True, timeout=DEADLINE)
        try:
            _copy(connection, draft, location)
            _copy_journal_mode(connection, draft)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _WRITING:
                raise translate(error, target) from error
            raise
        finally:
            connection.close()


def _copy(connection: sqlite3.Connection, draft: Path, location: Location) -> None:
    """Write the content of `connection` to `draft`: compact, where SQLite can do that."""
    if sqlite3.sqlite_version_info >= _HAS_VACUUM_INTO:
        connection.execute("VACUUM INTO ?", (str(draft),))
        return
    with closing(sqlite3.connect(draft)) as target:
        copy_content(connection, target, location, DEADLINE)


def copy_content(
    source: sqlite3.Connection, target: sqlite3.Connection, location: Location, deadline: float
) -> None:
    """Replace the content of `target` in one transaction; wait `deadline` seconds for others.

    Raises:
        BusyError: `location` is still busy then.
    """
    end = time.monotonic() + deadline

    def give_up(status: int, _remaining: int, _total: int) -> None:
        if status != sqlite3.SQLITE_DONE and time.monotonic() > end:
            raise BusyError(location)  # sqlite3 itself would wait for ever

    source.backup(target, pages=-1, progress=give_up, sleep=POLL)


def _copy_journal_mode(original: sqlite3.Connection, copy: Path) -> None:
    """Give the copy the journal mode of the original, whose place it may take."""
    (mode,) = original.execute("PRAGMA journal_mode").fetchone()
    connection = sqlite3.connect(copy)
    try:
        connection.execute(f"PRAGMA journal_mode={mode}")
    finally:
        connection.close()
