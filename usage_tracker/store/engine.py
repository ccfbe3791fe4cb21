"""Engines: how transactions begin, and how long they wait for other writers.

SQLite's transactions are begun here and not by the driver, which commits before DDL and
would leave half an upgrade behind. A writer uses BEGIN IMMEDIATE: a deferred transaction
that reads first fails at once if another writes, whatever its busy_timeout.
"""

import math
import os
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from usage_tracker.fs import exists, identity
from usage_tracker.store.errors import (
    BusyError,
    EncodingError,
    ForeignDatabaseError,
    MissingDriverError,
    ReplacedError,
)
from usage_tracker.store.location import Location
from usage_tracker.store.schema import metadata

DEADLINE: Final = 30.0
"""Default seconds to wait for a busy database."""

DEFAULT_JOURNAL_MODE: Final = "wal"
"""The journal mode of a new file, unless its URL names one."""

# The mode is stored in the file, and another program's file must stay unchanged.
_IS_FOREIGN: Final = "SELECT count(*) AND NOT sum(name = 'alembic_version') FROM sqlite_master"
_IS_EMPTY: Final = "SELECT NOT count(*) FROM sqlite_master"
# A view in the place of a table may never end.
_OWN = ", ".join(f"'{name}'" for name in ("alembic_version", *metadata.tables))
_HAS_NO_TABLES: Final = (
    f"SELECT 1 FROM sqlite_master WHERE name COLLATE NOCASE IN ({_OWN}) "  # noqa: S608
    "AND (type = 'view' OR sql LIKE 'CREATE VIRTUAL%')"
)
_RETRY_AFTER = 0.005
_FORMAT_BYTES: Final = slice(18, 20)
_WAL_FORMAT: Final = b"\2\2"
"""The format bytes of a WAL file's header: sqlite.org/fileformat.html."""
_NO_ROOM_FOR_INDEX = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_IMMUTABLE: Final = "&immutable=1"
_FILE: Final = "file"
"""Where a connection's `info` keeps the identity of the file that it has open."""


def open_engine(
    location: Location,
    deadline: float,
    *,
    foreign_keys: bool = True,
    keep_journal_mode: bool = False,
) -> Engine:
    """Return an engine for `location`; its transactions wait `deadline` seconds for others.

    Migrations turn `foreign_keys` off: copying and dropping a table would delete the rows
    that refer to it. `keep_journal_mode` leaves a file's journal mode unchanged.
    """
    if location.is_sqlite:
        return _sqlite_engine(
            location, deadline, foreign_keys=foreign_keys, keep_journal_mode=keep_journal_mode
        )
    return _postgresql_engine(location, deadline)


def is_read_only(path: Path) -> bool:
    """Return whether SQLite cannot write: it needs the directory as well as the file."""
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def file_uri(path: Path) -> str:
    """Return the URI that opens `path` for writing, if it is writable, else read-only."""
    uri = f"file:{quote(os.fsencode(path))}"
    if not is_read_only(path):
        return f"{uri}?mode=rw"
    return f"{uri}?mode=ro{_IMMUTABLE}" if _is_immutable(path) else f"{uri}?mode=ro"


def _is_immutable(path: Path) -> bool:
    """Return whether a read-only file can be opened as immutable.

    In WAL mode SQLite would create an index file even without a log. In other modes a
    writer changes the file itself, so SQLite's locks must be respected.
    """
    try:
        with path.open("rb") as file:
            logged = file.read(_FORMAT_BYTES.stop)[_FORMAT_BYTES] == _WAL_FORMAT
    except OSError:
        return False
    return logged and not exists(path.with_name(f"{path.name}-wal"))


def begin_writing(connection: Connection, deadline: float) -> Connection:
    """Let the transactions of `connection` begin with the write lock, within `deadline` seconds."""
    return connection.execution_options(transaction="IMMEDIATE", deadline=deadline)


def begin_reading(connection: Connection) -> Connection:
    """Let the transactions of `connection` see a consistent state while others write."""
    if connection.dialect.name == "sqlite":
        return connection
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def check_in_place(connection: Connection, location: Location) -> None:
    """Raise a ReplacedError if the path no longer leads to the file that `connection` has open.

    SQLite goes on writing to a file that was moved or deleted, and reports success.
    """
    if location.is_sqlite and connection.info[_FILE] != identity(location.path):
        raise ReplacedError(location)


class _Connection(sqlite3.Connection):
    """A connection that knows the state of a file that it reads without locks."""

    content: tuple[int, ...] | None = None


def content_state(path: Path) -> tuple[int, ...]:
    """Return what changes when the content of `path` does."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def check_unchanged(connection: Connection, location: Location) -> None:
    """Raise BusyError if a file that is read without locks has changed meanwhile.

    What was read may then be of two states, which looks like damage.
    """
    raw = connection.connection.driver_connection
    if isinstance(raw, _Connection) and raw.content not in {None, content_state(location.path)}:
        connection.invalidate()
        raise BusyError(location)


def _sqlite_engine(
    location: Location, deadline: float, *, foreign_keys: bool, keep_journal_mode: bool
) -> Engine:
    def connect() -> sqlite3.Connection:
        uri, content = file_uri(location.path), content_state(location.path)
        raw = _connect(uri, deadline)
        if _lacks_room(raw):
            raw.close()
            raw = _connect(uri, deadline)
            # Alone, SQLite keeps the index in memory: what only reads goes on.
            raw.execute("PRAGMA locking_mode=EXCLUSIVE")
        raw.content = content if uri.endswith(_IMMUTABLE) else None
        return raw

    def prepare(raw: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        # The schema may be anybody's: its functions and its cells are not trusted.
        raw.execute("PRAGMA trusted_schema=OFF")
        raw.execute("PRAGMA cell_size_check=ON")
        if raw.execute(_HAS_NO_TABLES).fetchone():
            raw.close()
            raise ForeignDatabaseError(location)
        record.info[_FILE] = identity(location.path)
        raw.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        raw.execute("PRAGMA synchronous=FULL")
        if not (keep_journal_mode or is_read_only(location.path)):
            _set_journal_mode(raw, location.journal_mode, time.monotonic() + deadline)

    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        # Set every time: the pooled connection may have had a shorter deadline before.
        timeout = _milliseconds(options.get("deadline", deadline))
        connection.exec_driver_sql(f"PRAGMA busy_timeout={timeout}")
        connection.exec_driver_sql(f"BEGIN {options.get('transaction', 'DEFERRED')}")

    engine = create_engine(location.url, creator=connect)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _connect(uri: str, deadline: float) -> _Connection:
    return sqlite3.connect(
        uri,
        uri=True,
        timeout=deadline,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )


def _lacks_room(raw: sqlite3.Connection) -> bool:
    """Return whether the disk is too full for the index of the log, which readers need too."""
    try:
        raw.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", None) in _NO_ROOM_FOR_INDEX
    return False


def _set_journal_mode(raw: sqlite3.Connection, named: str | None, until: float) -> None:
    """Switch to the `named` mode, or a new file to the default one.

    Only if it differs: switching fails at once if another connection is switching.
    """
    wanted = named or DEFAULT_JOURNAL_MODE
    while raw.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        try:
            if not _must_switch(raw, named):
                return
            raw.execute(f"PRAGMA journal_mode={wanted}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > until:
                raise
            time.sleep(_RETRY_AFTER)
        else:
            return


def _must_switch(raw: sqlite3.Connection, named: str | None) -> bool:
    if named is None:
        return bool(raw.execute(_IS_EMPTY).fetchone()[0])
    return not raw.execute(_IS_FOREIGN).fetchone()[0]


def _postgresql_engine(location: Location, deadline: float) -> Engine:
    arguments: dict[str, Any] = {}
    if "connect_timeout" not in location.url.query:
        arguments["connect_timeout"] = max(2, math.ceil(deadline))
    arguments["client_encoding"] = "utf8"
    try:
        engine = create_engine(location.url, connect_args=arguments)
    except ModuleNotFoundError:
        raise MissingDriverError from None
    event.listen(engine, "connect", partial(_require_utf8, location))
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _require_utf8(location: Location, raw: Any, _record: object) -> None:
    """Raise EncodingError if a message of a gateway might not be storable."""
    encodings = {raw.info.parameter_status(f"{side}_encoding") for side in ("server", "client")}
    if encodings != {"UTF8"}:
        raw.close()
        raise EncodingError(location, ", ".join(sorted(encodings - {"UTF8"})))


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if "deadline" in options:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(options['deadline'])}")


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
