"""`Database`: opens a history and gives transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from usage_tracker.config.paths import database_path
from usage_tracker.errors import TrackerError, UnexpectedError
from usage_tracker.fs import exists
from usage_tracker.store.engine import (
    DEADLINE,
    begin_reading,
    begin_writing,
    check_in_place,
    check_unchanged,
    is_read_only,
    open_engine,
)
from usage_tracker.store.errors import (
    BusyError,
    DiskFullError,
    NoDatabaseError,
    UpgradeNeededError,
    translated_errors,
)
from usage_tracker.store.files import create_empty, make_directories, make_private_if_empty
from usage_tracker.store.location import Location, resolve
from usage_tracker.store.schema import CAPTURE_REVISION, SCHEMA_REVISION
from usage_tracker.store.upgrade import UpgradeResult, is_current, stored_revision
from usage_tracker.store.upgrade import upgrade as run_upgrade

Progress = Callable[[int], None]
"""A callback for long work: called with the number of rows done since the last call."""


class Database:
    """An open history at the schema of this program.

    with Database.open() as database, database.read() as connection:
        snapshots.latest(connection)

    `upgraded` is the result if opening it upgraded its schema, else None.
    """

    def __init__(self, location: Location, engine: Engine, deadline: float) -> None:
        self.location = location
        self.engine = engine
        self.deadline = deadline
        self.upgraded: UpgradeResult | None = None
        self.upgrade_problem: TrackerError | None = None

    @classmethod
    def open(
        cls,
        where: str | Path | None = None,
        *,
        create: bool = True,
        upgrade: bool = True,
        capturing: bool = False,
        deadline: float = DEADLINE,
    ) -> Self:
        """Open the database called `where`: the user's own (None), a file or a URL.

        Args:
            where: See `usage_tracker.store.location`.
            create: Create it if there is none; otherwise raise a NoDatabaseError.
            upgrade: Upgrade an older file to the schema of this program (a backup is
                left beside it); otherwise raise an UpgradeNeededError and leave the file
                unchanged.
            capturing: If the upgrade fails, go on with an older schema that can store
                snapshots; `upgrade_problem` says why.
            deadline: Seconds that opening, and later each transaction, may wait
                for other writers.

        Raises:
            NoDatabaseError: There is none, or an empty one, and `create` is false.
            DatabaseError: It cannot be used; the message says why and what to do.
        """
        location = resolve(where)
        if location.is_sqlite:
            prepare_file(location, create=create)
        keep = not (upgrade and (create or location.journal_mode))
        engine = open_engine(location, deadline, keep_journal_mode=keep)
        database = cls(location, engine, deadline)
        try:
            database._ensure_schema(create=create, upgrade=upgrade, capturing=capturing)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a transaction that sees a consistent state while others write.

        Raises:
            BusyError: This user may not write, and so cannot lock, and the file has changed.
        """
        with translated_errors(self.location), self.engine.connect() as connection:
            try:
                with begin_reading(connection).begin():
                    yield connection
            except DBAPIError:
                check_unchanged(connection, self.location)
                raise
            check_unchanged(connection, self.location)

    @contextmanager
    def write(self, deadline: float | None = None) -> Iterator[Connection]:
        """Begin a transaction that writes; waits up to `deadline` seconds for other writers.

        Raises:
            ReplacedError: Its file is no longer at its path; what was written is lost.
        """
        with translated_errors(self.location), self.engine.connect() as connection:
            deadline = self.deadline if deadline is None else deadline
            with begin_writing(connection, deadline).begin():
                yield connection
                check_in_place(connection, self.location)
            check_in_place(connection, self.location)

    def compact(self) -> None:
        """Return a file's free space to the file system, unless the file is busy."""
        if not self.location.is_sqlite:
            return
        busy = suppress(BusyError, DiskFullError)
        with busy, translated_errors(self.location), self.engine.connect() as connection:
            # The driver's own cursor, because VACUUM cannot run in the engine's transaction.
            connection.connection.cursor().execute("VACUUM")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ensure_schema(self, *, create: bool, upgrade: bool, capturing: bool) -> None:
        with self.read() as connection:
            if is_current(connection):
                return
        with self.read() as connection:
            revision = stored_revision(connection, self.location)
        if revision == SCHEMA_REVISION:  # another process has just upgraded it
            return
        if revision is None and not create:
            raise NoDatabaseError(self.location)
        try:
            self._upgrade(revision, permitted=upgrade)
        except Exception as error:  # of a migration: anything
            if not capturing or revision is None or revision < CAPTURE_REVISION:
                raise
            problem = error if isinstance(error, TrackerError) else UnexpectedError(error)
            self.upgrade_problem = problem

    def _upgrade(self, revision: str | None, *, permitted: bool) -> None:
        if revision is not None and not (permitted and self._can_upgrade()):
            raise UpgradeNeededError(self.location, revision)
        self.upgraded = run_upgrade(self.location, self.deadline)

    def _can_upgrade(self) -> bool:
        return self.location.is_sqlite and not is_read_only(self.location.path)


def prepare_file(location: Location, *, create: bool) -> None:
    """Create the file if it is missing: the default one with its directories."""
    path = location.path
    if exists(path):
        if create:
            make_private_if_empty(path)
        return
    if not create:
        raise NoDatabaseError(location)
    if path == database_path():
        make_directories(path.parent)
    create_empty(path)
