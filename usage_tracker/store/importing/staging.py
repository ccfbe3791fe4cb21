"""Staging: a temporary SQLite file that collects and checks rows before they are merged.

It has one row for each account and moment. A second row for the same moment completes the
first one if the counters agree, and is recorded as a clash if they do not. Rows in the
future, by more than clocks differ, are refused: they would stay the newest until then. Only
what `export` wrote, or another database holds, comes back as it is.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import Connection

from usage_tracker.fs import is_old
from usage_tracker.ledger.events import Event
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.engine import begin_writing, check_in_place
from usage_tracker.store.errors import translate, translated_errors
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import (
    ConflictingRowsError,
    FutureRowError,
    NoSnapshotError,
    NoTemporaryDirectoryError,
    SumTooLargeError,
)
from usage_tracker.store.importing.validation import ValidationError, check_event
from usage_tracker.times import HOUR, LAST_MOMENT, now_ms

if TYPE_CHECKING:
    from usage_tracker.store.importing.options import TableFormat

StagedRow = tuple[int, int, int, int | None, int | None, int, int]
"""captured_at, quota, used_quota, request_count, profile (a key here), source, line."""

TABLES: Final = {
    "staged_account": "key INTEGER PRIMARY KEY, name TEXT, base_url TEXT, quota_per_unit NUMERIC,"
    " created_at BIGINT, account_id INTEGER",
    "staged_profile": "key INTEGER PRIMARY KEY, account INTEGER, sha256 TEXT, body TEXT,"
    " profile_id INTEGER",
    "staged_snapshot": "account INTEGER, captured_at BIGINT, quota BIGINT, used_quota BIGINT,"
    " request_count BIGINT, profile INTEGER, source INTEGER, line BIGINT, clash BIGINT,"
    " PRIMARY KEY (account, captured_at)",
    "staged_baseline": "account INTEGER PRIMARY KEY, scanned_to BIGINT, reserved BIGINT,"
    " exact INTEGER, line BIGINT",
    "staged_event": "account INTEGER, captured_at BIGINT, after BIGINT, kind TEXT, quota BIGINT,"
    " confirmed INTEGER, line BIGINT, PRIMARY KEY (account, captured_at, kind)",
    "staged_failure": "account INTEGER, attempted_at BIGINT, kind TEXT, http_status INTEGER,"
    " detail TEXT",
}
"""The columns of the tables, valid in both dialects."""

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

_CLOCK_TOLERANCE = HOUR
_FUTURE: Final = """
    SELECT line, captured_at FROM staged_account
    JOIN staged_snapshot ON account = key AND captured_at > :latest
    UNION ALL SELECT 0, attempted_at FROM staged_failure WHERE attempted_at > :latest
    LIMIT 1
"""
_FLAW: Final = """
    SELECT line, clash, captured_at FROM staged_snapshot
    WHERE clash IS NOT NULL OR typeof(quota + used_quota) = 'real' LIMIT 1
"""
"""A sum that leaves 64 bits is a floating-point number in SQLite."""
_MAX_TOTAL: Final = 2**63 - 1
"""What a report can add up of the events of one kind."""
_ADD_EVENT: Final = "INSERT INTO staged_event VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
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


_PREFIX: Final = "usage-tracker-"


def _temporary_directory() -> "tempfile.TemporaryDirectory[str]":
    _sweep()
    try:
        return tempfile.TemporaryDirectory(prefix=_PREFIX)
    except OSError as error:
        raise NoTemporaryDirectoryError(error) from None


def _sweep() -> None:
    """Remove the directories that killed programs left behind a day ago."""
    with suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    inside = [each.stat() for each in os.scandir(entry.path)]
                    if all(map(is_old, [entry.stat(follow_symlinks=False), *inside])):
                        shutil.rmtree(entry.path, ignore_errors=True)


class Staging:
    """The temporary file, deleted at the end of the `with` block.

    `name` is shown in messages; `is_export` is whether the rows were in a database of this
    program before, so that they may be in the future.
    """

    def __init__(self, name: str, progress: Progress | None = None) -> None:
        self.name = name
        self.is_export = False
        self.read = 0
        self.table: TableFormat | None = None
        self._progress = progress
        self._profiles: dict[tuple[int, str], int] = {}
        self._baselines: dict[int, int] = {}
        self._totals: dict[tuple[int, str], int] = {}
        self._directory = _temporary_directory()
        self.path = Path(self._directory.name) / "staged.db"
        with translated_errors(self.path):
            self.connection = sqlite3.connect(self.path, isolation_level=None)
            self._create()

    def add_account(self, spec: AccountSpec) -> int:
        """Add an account and return its key."""
        cursor = self.connection.execute(
            "INSERT INTO staged_account VALUES (NULL, ?, ?, ?, ?, NULL)",
            (spec.name, spec.base_url, spec.quota_per_unit, spec.created_at),
        )
        return int(cursor.lastrowid or 0)

    def add_profile(self, account: int, sha256: str, body: str) -> int:
        """Add a profile of the account with the key `account` unless known; return its key."""
        key = self._profiles.get((account, sha256))
        if key is None:
            key = self._profiles[account, sha256] = len(self._profiles) + 1
            row = (key, account, sha256, body)
            self.connection.execute("INSERT INTO staged_profile VALUES (?, ?, ?, ?, NULL)", row)
        return key

    def add_snapshots(self, account: int, rows: Iterable[StagedRow]) -> None:
        """Add snapshots of the account with the key `account`."""
        remaining = iter(rows)
        statement = _ADD_SNAPSHOT.replace("{account}", str(account))
        while batch := list(islice(remaining, _BATCH)):
            self.connection.executemany(statement, batch)
            self.read += len(batch)
            if self._progress is not None:
                self._progress(len(batch))

    def add_failure(self, account: int, failure: Failure) -> None:
        """Add a failed attempt of the account with the key `account`."""
        self.connection.execute(
            "INSERT INTO staged_failure VALUES (?, ?, ?, ?, ?)",
            (account, failure.attempted_at, failure.kind, failure.http_status, failure.detail),
        )

    def add_baseline(self, account: int, baseline: StoredCheckpoint, line: int = 0) -> None:
        """Add the baseline of a pruned history; it must precede the events.

        Raises:
            ValidationError: It is invalid.
        """
        if account in self._baselines:
            raise ValidationError("it is the second baseline")
        self._baselines[account] = baseline.scanned_to
        self._add_to_total(account, "baseline", baseline.reserved)
        row = (account, baseline.scanned_to, baseline.reserved, baseline.exact, line)
        self.connection.execute("INSERT INTO staged_baseline VALUES (?, ?, ?, ?, ?)", row)

    def add_event(self, account: int, event: Event, line: int = 0) -> None:
        """Add an event up to the account's baseline.

        Raises:
            ValidationError: It is invalid.
        """
        if account not in self._baselines:
            raise ValidationError("there is no baseline before this event")
        self._add_to_total(account, event.kind, event.quota)
        check_event(event, self._baselines[account])
        row = (account, event.at, event.after, event.kind, event.quota, event.confirmed, line)
        if self.connection.execute(_ADD_EVENT, row).rowcount != 1:
            raise ValidationError(f"it is the second {event.kind} of one moment")

    def _add_to_total(self, account: int, kind: str, quota: int) -> None:
        total = self._totals.get((account, kind), 0) + abs(quota)
        if total > _MAX_TOTAL:
            raise ValidationError("baseline and events add up to more than the ledger can hold")
        self._totals[account, kind] = total

    def finish(self) -> None:
        """Commit and check all rows.

        Raises:
            FutureRowError: A row is in the future.
            ConflictingRowsError: Two rows contradict each other.
            SumTooLargeError: The counters of a row add up to more than 64 bits hold.
            NoSnapshotError: A baseline or an event has no snapshot at its moment.
        """
        self.connection.execute("COMMIT")
        latest = LAST_MOMENT if self.is_export else now_ms() + _CLOCK_TOLERANCE
        future = self.connection.execute(_FUTURE, {"latest": latest}).fetchone()
        if future is not None:
            raise FutureRowError(self.name, *future)
        flaw = self.connection.execute(_FLAW).fetchone()
        if flaw is not None:
            line, clash, captured_at = flaw
            if clash is None:
                raise SumTooLargeError(self.name, line, captured_at)
            raise ConflictingRowsError(self.name, line, clash, captured_at)
        missing = self.connection.execute(_WITHOUT_SNAPSHOT).fetchone()
        if missing is not None:
            raise NoSnapshotError(self.name, *missing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()
        self._directory.cleanup()

    def _create(self) -> None:
        self.connection.execute("PRAGMA journal_mode = OFF")
        self.connection.execute("PRAGMA synchronous = OFF")
        for table, columns in TABLES.items():
            rowid = " WITHOUT ROWID" if table == "staged_snapshot" else ""
            self.connection.execute(f"CREATE TABLE {table} ({columns}){rowid}")
        self.connection.execute("BEGIN")


@contextmanager
def attach(database: Database, staging: Staging) -> Iterator[Connection]:
    """Attach the staged rows to the target database inside one write transaction.

    SQLite attaches the temporary file; a server gets a copy as temporary tables.
    """
    make_visible = _attach_file if database.location.is_sqlite else _copy_tables
    with make_visible(database, staging) as connection:
        yield connection


@contextmanager
def _attach_file(database: Database, staging: Staging) -> Iterator[Connection]:
    with translated_errors(database.location), database.engine.connect() as connection:
        # SQLite attaches outside a transaction only; the connection must not be used again.
        raw = connection.connection.cursor()
        raw.execute("ATTACH ? AS staged", (str(staging.path),))
        raw.execute("PRAGMA staged.journal_mode = OFF")
        raw.execute("PRAGMA staged.synchronous = OFF")
        try:
            with begin_writing(connection, database.deadline).begin():
                yield connection
                check_in_place(connection, database.location)
            check_in_place(connection, database.location)
        finally:
            connection.invalidate()


@contextmanager
def _copy_tables(database: Database, staging: Staging) -> Iterator[Connection]:
    with database.write() as connection:
        for table, columns in TABLES.items():
            connection.exec_driver_sql(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
            try:
                _copy(connection, staging, table)
            except connection.dialect.loaded_dbapi.Error as error:  # COPY bypasses SQLAlchemy
                raise translate(error, database.location) from error
            connection.exec_driver_sql(f"ANALYZE {table}")
        yield connection


def _copy(connection: Connection, staging: Staging, table: str) -> None:
    rows = staging.connection.execute(f"SELECT * FROM {table}")  # noqa: S608
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
