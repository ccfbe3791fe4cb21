"""Databases of strangers: whoever made them controls their schema, too."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import T0, answer, save
from usage_tracker.errors import TrackerError
from usage_tracker.store.database import Database
from usage_tracker.store.errors import ForeignDatabaseError
from usage_tracker.store.importing.errors import InvalidHistoryError
from usage_tracker.store.importing.run import import_history

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
VIEWS = {
    "snapshot": "SELECT 1 account_id, x captured_at, 0 quota, 0 used_quota, 0 source FROM c",
    "account": "SELECT x account_id FROM c",
    "alembic_version": "SELECT '0004' version_num FROM c",
}
UNCHECKED = "PRAGMA ignore_check_constraints=1"
NULLABLE = (
    "PRAGMA writable_schema=1",
    "UPDATE sqlite_master SET sql = replace(sql, 'name TEXT NOT NULL', 'name TEXT')",
    "PRAGMA writable_schema=RESET",
)
VALUES = {
    "snapshot.quota": (UNCHECKED, "UPDATE snapshot SET quota = 'abc'"),
    "snapshot.used_quota": (UNCHECKED, "UPDATE snapshot SET used_quota = 1e300"),
    "snapshot.request_count": (UNCHECKED, "UPDATE snapshot SET request_count = x'00ff'"),
    "snapshot.captured_at": (UNCHECKED, "UPDATE snapshot SET captured_at = 1 << 60"),
    "snapshot.captured_at: 1": (UNCHECKED, "UPDATE snapshot SET captured_at = -1"),
    "account.name": (*NULLABLE, "UPDATE account SET name = NULL"),
    "account.name: 1": ("UPDATE account SET name = x'ff00'",),
    "account.name: 1 ": ("UPDATE account SET name = hex(zeroblob(2500000))",),
    "account.base_url": ("UPDATE account SET base_url = hex(zeroblob(2500000))",),
    "account.created_at": (UNCHECKED, "UPDATE account SET created_at = 'abc'"),
    "account.quota_per_unit": (UNCHECKED, "UPDATE account SET quota_per_unit = 9e999"),
    "profile.body": ("UPDATE profile SET body = hex(zeroblob(2500000))",),
    "failure.kind": ("INSERT INTO failure VALUES (1, 1, 5, hex(zeroblob(900000)), NULL, '')",),
    "failure.detail": ("INSERT INTO failure VALUES (1, 1, 5, 'tls', NULL, x'00')",),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "theirs.db"
    with Database.open(path) as database:
        save(database, answer(T0))
    return path


def change(path: Path, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_in_the_place_of_a_table_is_refused(source: Path, tmp_path: Path, name: str) -> None:
    replaced = (
        f"ALTER TABLE {name} RENAME TO other",
        f"CREATE VIEW {name} AS {ENDLESS} {VIEWS[name]}",
    )
    change(source, replaced)
    began = time.monotonic()
    with pytest.raises(ForeignDatabaseError):
        Database.open(source, create=False)
    with Database.open(tmp_path / "mine.db") as mine, pytest.raises(ForeignDatabaseError):
        import_history(mine, source)
    assert time.monotonic() - began < 5


def test_a_virtual_table_is_refused(source: Path) -> None:
    virtual = "CREATE VIRTUAL TABLE failure USING fts5(account_id, attempted_at)"
    change(source, ("DROP TABLE failure", virtual))
    with pytest.raises(ForeignDatabaseError):
        Database.open(source, create=False)


@pytest.mark.parametrize("column", VALUES)
def test_a_value_that_this_program_never_stores_is_refused(
    source: Path, tmp_path: Path, column: str
) -> None:
    change(source, VALUES[column])
    with Database.open(tmp_path / "mine.db") as mine:
        with pytest.raises(
            InvalidHistoryError, match=f"{column.partition(':')[0]}: 1 values"
        ) as caught:
            import_history(mine, source)
        assert len(str(caught.value)) < 300
        with mine.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM account").scalar() == 0


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\u202eb", "a\x9bb"])
def test_a_name_with_control_characters_is_refused(source: Path, tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("UPDATE account SET name = ?", (name,))
        connection.commit()
    with (
        Database.open(tmp_path / "mine.db") as mine,
        pytest.raises(TrackerError, match="printable"),
    ):
        import_history(mine, source)
