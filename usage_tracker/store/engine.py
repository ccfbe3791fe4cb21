"""Connections: how a transaction begins, and how long it may wait for others.

SQLite's are begun here and not by the driver, whose habit of committing before DDL
would leave half an upgrade behind. A writer begins IMMEDIATE: one that begins as a
reader fails at once when another writes, however long it was willing to wait.
"""

import math
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event

from usage_tracker.fs import exists
from usage_tracker.store.errors import MissingDriverError
from usage_tracker.store.location import Location

DEADLINE: Final = 30.0
"""Seconds that a caller who names no deadline waits for a busy database."""

DEFAULT_JOURNAL_MODE: Final = "wal"
"""The journal mode that a file gets as it is created, unless its URL names one."""

# The mode stays in the file, and another program's file is to stay as it is.
_IS_FOREIGN: Final = "SELECT count(*) AND NOT sum(name = 'alembic_version') FROM sqlite_master"
_IS_EMPTY: Final = "SELECT NOT count(*) FROM sqlite_master"
_RETRY_AFTER = 0.005
_FORMATS: Final = slice(18, 20)
_LOGGED: Final = b"\2\2"
"""What a file's header has there if it is written through a log: sqlite.org/fileformat.html."""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def open_engine(
    location: Location, deadline: float, *, foreign_keys: bool = True, as_it_is: bool = False
) -> Engine:
    """An engine for `location`, whose transactions wait `deadline` seconds for other writers.

    Migrations turn `foreign_keys` off: a table that is copied, dropped and renamed
    would take its children's rows along. `as_it_is` leaves a file's journal mode alone.
    """
    if location.is_sqlite:
        return _sqlite_engine(location, deadline, foreign_keys=foreign_keys, as_it_is=as_it_is)
    return _postgresql_engine(location, deadline)


def is_read_only(path: Path) -> bool:
    """Whether SQLite could not write: it needs the directory as well as the file."""
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def file_uri(path: Path) -> str:
    """How SQLite is to open `path`: for writing where it can be written."""
    uri = f"file:{quote(os.fsencode(path))}"
    if not is_read_only(path):
        return f"{uri}?mode=rw"
    return f"{uri}?mode=ro&immutable=1" if _is_at_rest(path) else f"{uri}?mode=ro"


def _is_at_rest(path: Path) -> bool:
    """Whether a file that nobody here can write is to be taken as it stands.

    With a write-ahead log SQLite would want to create the log's index beside it, log or no
    log. Without one a writer changes the file itself, and SQLite's locks are to be heeded.
    """
    try:
        with path.open("rb") as file:
            logged = file.read(_FORMATS.stop)[_FORMATS] == _LOGGED
    except OSError:
        return False
    return logged and not exists(path.with_name(f"{path.name}-wal"))


def begin_writing(connection: Connection, deadline: float) -> Connection:
    """Let the transactions of `connection` take the write lock at once, or wait `deadline` s."""
    return connection.execution_options(transaction="IMMEDIATE", deadline=deadline)


def begin_reading(connection: Connection) -> Connection:
    """Let the transactions of `connection` see one moment of the database, whoever writes."""
    if connection.dialect.name == "sqlite":
        return connection
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite_engine(
    location: Location, deadline: float, *, foreign_keys: bool, as_it_is: bool
) -> Engine:
    engine = create_engine(
        location.url,
        creator=_opener(location.path, deadline),
    )

    def prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        raw.execute("PRAGMA synchronous=FULL")
        if not (as_it_is or is_read_only(location.path)):
            _set_journal_mode(raw, location.journal_mode, time.monotonic() + deadline)

    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        # Each time anew: the connection is one that others with less patience may have used.
        patience = _milliseconds(options.get("deadline", deadline))
        connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
        connection.exec_driver_sql(f"BEGIN {options.get('transaction', 'DEFERRED')}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _opener(path: Path, deadline: float) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            file_uri(path),
            uri=True,
            timeout=deadline,
            isolation_level=None,
            check_same_thread=False,
        )

    return connect


def _set_journal_mode(raw: sqlite3.Connection, named: str | None, until: float) -> None:
    """Switch to the mode that is `named`, or a file that is new to its own.

    Only if need be: switching fails at once when another connection is at it.
    """
    wanted = named or DEFAULT_JOURNAL_MODE
    while raw.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        try:
            if not _is_to_be_switched(raw, named):
                return
            raw.execute(f"PRAGMA journal_mode={wanted}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > until:
                raise
            time.sleep(_RETRY_AFTER)
        else:
            return


def _is_to_be_switched(raw: sqlite3.Connection, named: str | None) -> bool:
    if named is None:
        return bool(raw.execute(_IS_EMPTY).fetchone()[0])
    return not raw.execute(_IS_FOREIGN).fetchone()[0]


def _postgresql_engine(location: Location, deadline: float) -> Engine:
    arguments: dict[str, Any] = {}
    if "connect_timeout" not in location.url.query:
        arguments["connect_timeout"] = max(2, math.ceil(deadline))
    try:
        engine = create_engine(location.url, connect_args=arguments)
    except ModuleNotFoundError:
        raise MissingDriverError from None
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if "deadline" in options:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(options['deadline'])}")


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
