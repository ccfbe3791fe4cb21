"""How staged rows come within reach of the database, inside one transaction that may write.

SQLite attaches the scratch file; a server gets a copy as temporary tables. Either way
the tables of `usage_tracker.store.importing.staging` are there under their names.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from usage_tracker.store.database import Database
from usage_tracker.store.engine import begin_writing
from usage_tracker.store.errors import explain, explained
from usage_tracker.store.importing.staging import TABLES, Staging
from usage_tracker.store.location import Location


@contextmanager
def within_reach(database: Database, staging: Staging) -> Iterator[Connection]:
    """A writing transaction of `database` that sees the staged tables."""
    reach = _attached if database.location.is_sqlite else _copied
    with reach(database, staging) as connection:
        yield connection


@contextmanager
def _attached(database: Database, staging: Staging) -> Iterator[Connection]:
    with explained(database.location), database.engine.connect() as connection:
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
        raise explain(error, location) from error


def _copy(connection: Connection, staging: Staging, table: str) -> None:
    rows = staging.scratch.execute(f"SELECT * FROM {table}")  # noqa: S608
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
