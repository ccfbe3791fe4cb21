"""The temporary place: a scratch file where rows are gathered before the database sees them.

It holds one row an account and moment. A second row for the same moment lends what the
first does not know, if it says the same, and is remembered as a clash if it does not.
What is dated in the future, further than clocks differ, would be the newest for as long:
it is refused.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from usage_tracker.store.checkpoints import StoredCheckpoint, StoredEvent
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.engine import begin_writing
from usage_tracker.store.errors import translate, translated_errors
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import (
    ConflictingRowsError,
    FutureRowError,
    NoSnapshotError,
    NoTemporaryDirectoryError,
)
from usage_tracker.store.location import Location
from usage_tracker.times import HOUR, now_ms

StagedRow = tuple[int, int, int, int | None, int | None, int, int]
"""captured_at, quota, used_quota, request_count, profile (a key here), source, line."""

TABLES: Final = {
    "staged_account": "key INTEGER PRIMARY KEY, name TEXT, base_url TEXT, quota_per_unit BIGINT,"
    " created_at BIGINT, account_id INTEGER",
    "staged_profile": "key INTEGER PRIMARY KEY, account INTEGER, sha256 TEXT, body TEXT,"
    " profile_id INTEGER",
    "staged_snapshot": "account INTEGER, captured_at BIGINT, quota BIGINT, used_quota BIGINT,"
    " request_count BIGINT, profile INTEGER, source INTEGER, line BIGINT, clash BIGINT,"
    " PRIMARY KEY (account, captured_at)",
    "staged_baseline": "account INTEGER PRIMARY KEY, scanned_to BIGINT, reserved BIGINT,"
    " exact INTEGER, line BIGINT",
    "staged_event": "account INTEGER, captured_at BIGINT, after BIGINT, kind TEXT, quota BIGINT,"
    " line BIGINT, PRIMARY KEY (account, captured_at, kind)",
    "staged_failure": "account INTEGER, attempted_at BIGINT, kind TEXT, http_status INTEGER,"
    " detail TEXT",
}
"""The columns of the tables, in words that both dialects know."""

_BATCH = 10_000
_ADD_SNAPSHOT: Final = """
    INSERT INTO staged_snapshot VALUES ({account}, ?, ?, ?, ?, ?, ?, ?, NULL)
    ON CONFLICT (account, captured_at) DO UPDATE SET
        clash = CASE WHEN quota <> excluded.quota OR used_quota <> excluded.used_quota
            OR request_count <> excluded.request_count THEN excluded.line ELSE clash END,
        line = CASE WHEN request_count IS NULL AND excluded.request_count IS NOT NULL
            AND quota = excluded.quota AND used_quota = excluded.used_quota
            THEN excluded.line ELSE line END,
        request_count = coalesce(request_count, excluded.request_count),
        profile = coalesce(profile, excluded.profile)
"""

_LEEWAY = HOUR
_FUTURE: Final = """
    SELECT line, captured_at FROM staged_account
    JOIN staged_snapshot ON account = key AND captured_at > :latest
    UNION ALL SELECT 0, attempted_at FROM staged_failure WHERE attempted_at > :latest
    LIMIT 1
"""
_ADD_EVENT: Final = "INSERT INTO staged_event VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_WITHOUT_SNAPSHOT: Final = """
    SELECT line, moment FROM (
        SELECT account, line, scanned_to AS moment FROM staged_baseline
        UNION ALL SELECT account, line, captured_at FROM staged_event
        UNION ALL SELECT account, line, after FROM staged_event) AS wanted
    WHERE NOT EXISTS (
        SELECT 1 FROM staged_snapshot AS found
        WHERE found.account = wanted.account AND found.captured_at = wanted.moment)
    ORDER BY line LIMIT 1
"""


def _temporary_directory() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="usage-tracker-")
    except OSError as error:
        raise NoTemporaryDirectoryError(error) from None


class Staging:
    """The scratch file, gone with the `with` block. `name` is what messages call the source."""

    def __init__(self, name: str, progress: Progress | None = None) -> None:
        self.name = name
        self.read = 0
        self._progress = progress
        self._profiles: dict[tuple[int, str], int] = {}
        self._directory = _temporary_directory()
        self.path = Path(self._directory.name) / "staged.db"
        with translated_errors(self.path):
            self.scratch = sqlite3.connect(self.path, isolation_level=None)
            self._create()

    def add_account(self, claim: AccountSpec) -> int:
        """Add an account; its key."""
        cursor = self.scratch.execute(
            "INSERT INTO staged_account VALUES (NULL, ?, ?, ?, ?, NULL)",
            (claim.name, claim.base_url, claim.quota_per_unit, claim.created_at),
        )
        return int(cursor.lastrowid or 0)

    def add_profile(self, account: int, sha256: str, body: str) -> int:
        """Add a profile of the account with the key `account`, unless it is here; its key."""
        key = self._profiles.get((account, sha256))
        if key is None:
            key = self._profiles[account, sha256] = len(self._profiles) + 1
            row = (key, account, sha256, body)
            self.scratch.execute("INSERT INTO staged_profile VALUES (?, ?, ?, ?, NULL)", row)
        return key

    def add_snapshots(self, account: int, rows: Iterable[StagedRow]) -> None:
        """Add snapshots of the account with the key `account`."""
        given = iter(rows)
        statement = _ADD_SNAPSHOT.replace("{account}", str(account))
        while batch := list(islice(given, _BATCH)):
            self.scratch.executemany(statement, batch)
            self.read += len(batch)
            if self._progress is not None:
                self._progress(len(batch))

    def add_failure(self, account: int, failure: Failure) -> None:
        """Add a failed attempt of the account with the key `account`."""
        self.scratch.execute(
            "INSERT INTO staged_failure VALUES (?, ?, ?, ?, ?)",
            (account, failure.attempted_at, failure.kind, failure.http_status, failure.detail),
        )

    def add_baseline(self, account: int, floor: StoredCheckpoint, line: int) -> None:
        """Add the mark up to which what the account's events say stands for good."""
        row = (account, floor.scanned_to, floor.reserved, floor.exact, line)
        self.scratch.execute("INSERT INTO staged_baseline VALUES (?, ?, ?, ?, ?)", row)

    def add_event(self, account: int, event: StoredEvent, line: int) -> bool:
        """Add an event up to the account's baseline; False if one of its kind is there already."""
        row = (account, event.captured_at, event.after, event.kind, event.quota, line)
        return self.scratch.execute(_ADD_EVENT, row).rowcount == 1

    def close_up(self) -> None:
        """Say that all is here.

        Raises:
            ClashingRowsError: Two rows contradict each other.
            FutureRowError: A row is of a time that is yet to come.
            NoSnapshotError: A baseline or an event is not at a snapshot.
        """
        self.scratch.execute("COMMIT")
        future = self.scratch.execute(_FUTURE, {"latest": now_ms() + _LEEWAY}).fetchone()
        if future is not None:
            raise FutureRowError(self.name, *future)
        clash = self.scratch.execute(
            "SELECT line, clash, captured_at FROM staged_snapshot WHERE clash IS NOT NULL LIMIT 1"
        ).fetchone()
        if clash is not None:
            raise ConflictingRowsError(self.name, *clash)
        loose = self.scratch.execute(_WITHOUT_SNAPSHOT).fetchone()
        if loose is not None:
            raise NoSnapshotError(self.name, *loose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.scratch.close()
        self._directory.cleanup()

    def _create(self) -> None:
        self.scratch.execute("PRAGMA journal_mode = OFF")
        self.scratch.execute("PRAGMA synchronous = OFF")
        for table, columns in TABLES.items():
            rowid = " WITHOUT ROWID" if table == "staged_snapshot" else ""
            self.scratch.execute(f"CREATE TABLE {table} ({columns}){rowid}")
        self.scratch.execute("BEGIN")


@contextmanager
def attach(database: Database, staging: Staging) -> Iterator[Connection]:
    """A writing transaction of `database` that sees the staged tables."""
    reach = _attached if database.location.is_sqlite else _copied
    with reach(database, staging) as connection:
        yield connection


@contextmanager
def _attached(database: Database, staging: Staging) -> Iterator[Connection]:
    with translated_errors(database.location), database.engine.connect() as connection:
        # Outside of a transaction, where SQLite attaches; the connection must not be used again.
        raw = connection.connection.cursor()
        raw.execute("ATTACH ? AS staged", (str(staging.path),))
        raw.execute("PRAGMA staged.journal_mode = OFF")
        raw.execute("PRAGMA staged.synchronous = OFF")
        try:
            with begin_writing(connection, database.deadline).begin():
                yield connection
        finally:
            connection.invalidate()


@contextmanager
def _copied(database: Database, staging: Staging) -> Iterator[Connection]:
    with database.write() as connection:
        for table, columns in TABLES.items():
            connection.exec_driver_sql(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
            with _explained(connection, database.location):
                _copy(connection, staging, table)
            connection.exec_driver_sql(f"ANALYZE {table}")
        yield connection


@contextmanager
def _explained(connection: Connection, location: Location) -> Iterator[None]:
    """What the server says of a COPY, which goes past SQLAlchemy, in our words."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise translate(error, location) from error


def _copy(connection: Connection, staging: Staging, table: str) -> None:
    rows = staging.scratch.execute(f"SELECT * FROM {table}")  # noqa: S608
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
