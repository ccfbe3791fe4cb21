"""Errors of the database, each with its cure, and the mapping of drivers' errors to them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from usage_tracker.errors import DatabaseError, NoHistoryError
from usage_tracker.installation import install_command
from usage_tracker.store.location import Location
from usage_tracker.store.schema import SCHEMA_REVISION


class NoDatabaseError(NoHistoryError):
    """Nothing has been recorded yet."""

    def __init__(self, location: Location) -> None:
        super().__init__(
            f"no history yet at {location}: `tracker snapshot` begins one, once `tracker init` "
            "has set an account up"
        )


class NoDirectoryError(DatabaseError):
    """The directory of the file does not exist."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"the directory {directory} does not exist: create it with `mkdir -p`")


class UnwritableDirectoryError(DatabaseError):
    """The directory exists, but no file can be created in it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"cannot create {path}: no file can be created in its directory; name another place"
        )


class CannotCreateError(DatabaseError):
    """A file or directory could not be created."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot create {path}: {(error.strerror or str(error)).lower()}")


class ForeignDatabaseError(DatabaseError):
    """The database belongs to another program."""

    def __init__(self, location: Location) -> None:
        super().__init__(f"{location} belongs to another program: name another file or database")


class NewerSchemaError(DatabaseError):
    """A newer release has written the database."""

    def __init__(self, location: Location, revision: str) -> None:
        super().__init__(
            f"{location} is at schema {revision}, newer than the {SCHEMA_REVISION} of this "
            "program: upgrade usage-tracker"
        )


class UpgradeNeededError(DatabaseError):
    """An older release has written the database, and it is not upgraded automatically."""

    def __init__(self, location: Location, revision: str) -> None:
        super().__init__(
            f"{location} is at schema {revision}, older than the {SCHEMA_REVISION} of this "
            "program: run `tracker db upgrade`"
        )


class ReplacedError(DatabaseError):
    """The file was moved, replaced or deleted while it was open."""

    def __init__(self, location: Location) -> None:
        super().__init__(
            f"{location} was replaced or deleted meanwhile: see that the right file is in its "
            "place, and run this again"
        )


class EncodingError(DatabaseError):
    """A PostgreSQL database that cannot store every character."""

    def __init__(self, location: Location, encoding: str) -> None:
        super().__init__(
            f"{location} has the encoding {encoding}, which cannot store every character: create "
            "a database with `createdb --template=template0 --encoding=UTF8 NAME` and use that"
        )


class LostReferenceError(DatabaseError):
    """An upgrade that would lose rows; the database is as before."""

    def __init__(self, location: Location, table: str) -> None:
        super().__init__(
            f"{location} cannot be upgraded: rows of {table} would lose the rows that they refer "
            "to; nothing was changed: see `tracker db check`"
        )


class MissingDriverError(DatabaseError):
    """The optional PostgreSQL driver is not installed."""

    def __init__(self) -> None:
        super().__init__(f"PostgreSQL needs a driver: run `{install_command('postgres')}`")


class _ExplainedError(DatabaseError):
    """An error reported by a driver."""

    text = "{location}: {detail}"

    def __init__(self, location: Location | Path, detail: str = "") -> None:
        super().__init__(self.text.format(location=location, detail=detail))


class FailedError(_ExplainedError):
    """Any other error."""


class BusyError(_ExplainedError):
    """Another process held the lock for longer than the deadline."""

    text = "{location} is busy: another process is writing to it; try again later"


class DiskFullError(_ExplainedError):
    """The disk is full."""

    text = "cannot write {location}: the disk is full; make room and try again"


class DiskError(_ExplainedError):
    """The operating system could not read or write the file."""

    text = "cannot read or write {location}: {detail}; see that its disk is healthy and not full"


class ReadOnlyError(_ExplainedError):
    """The database is read-only."""

    text = "cannot write {location}: it is read-only; see the permissions of it and its directory"


class CannotOpenError(_ExplainedError):
    """The file cannot be opened."""

    text = "cannot open {location}: {detail}; see that it is a file and that you may read it"


class NotADatabaseError(_ExplainedError):
    """The file is not a database."""

    text = "{location} is not a database: name another file, or move this one away"


class CorruptError(_ExplainedError):
    """The file is damaged."""

    text = "{location} is damaged: restore a backup, or try `sqlite3 FILE .recover`"


class UnreachableError(_ExplainedError):
    """The server does not answer or refuses the connection."""

    text = "cannot connect to {location}: {detail}"


_SQLITE: dict[int, type[_ExplainedError]] = {
    sqlite3.SQLITE_BUSY: BusyError,
    sqlite3.SQLITE_LOCKED: BusyError,
    sqlite3.SQLITE_FULL: DiskFullError,
    sqlite3.SQLITE_IOERR: DiskError,
    sqlite3.SQLITE_READONLY: ReadOnlyError,
    sqlite3.SQLITE_CANTOPEN: CannotOpenError,
    sqlite3.SQLITE_PERM: CannotOpenError,
    sqlite3.SQLITE_AUTH: CannotOpenError,
    sqlite3.SQLITE_NOTADB: NotADatabaseError,
    sqlite3.SQLITE_CORRUPT: CorruptError,
}
_POSTGRESQL: dict[str, type[_ExplainedError]] = {
    "55P03": BusyError,
    "40001": BusyError,
    "40P01": BusyError,
    "53100": DiskFullError,
    "25006": ReadOnlyError,
}


@contextmanager
def translated_errors(where: Location | Path) -> Iterator[None]:
    """Raise drivers' errors as the errors above, without their SQL statements."""
    try:
        yield
    except DBAPIError as error:
        raise translate(error.orig or error, where) from error
    except sqlite3.Error as error:
        raise translate(error, where) from error


def translate(error: BaseException, where: Location | Path) -> DatabaseError:
    """Return the error for a driver's error."""
    detail = " ".join(str(error).split())
    if isinstance(where, Location):
        detail = where.scrub(detail)
    return _error_class(error)(where, detail[:300])


def _error_class(error: BaseException) -> type[_ExplainedError]:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return _SQLITE.get(code & 0xFF, FailedError) if code is not None else FailedError
    state = getattr(error, "sqlstate", None)
    if state is None and type(error).__name__ == "OperationalError":
        return UnreachableError
    return _POSTGRESQL.get(state or "", FailedError)
