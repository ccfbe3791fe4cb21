import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from tests.store.samples import GOLDEN, T0, answer, contents, save
from usage_tracker.errors import DatabaseError
from usage_tracker.store import migration
from usage_tracker.store.database import Database
from usage_tracker.store.errors import UpgradeNeededError
from usage_tracker.store.location import resolve
from usage_tracker.store.migration import migrate
from usage_tracker.store.schema import SCHEMA_REVISION
from usage_tracker.store.upgrade import upgrade

REVISIONS = sorted(path.stem for path in GOLDEN.glob("*.sql"))


def golden(revision: str, path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript((GOLDEN / f"{revision}.sql").read_text())
    connection.close()
    return path


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_every_release_is_upgraded_and_used(tmp_path: Path, revision: str) -> None:
    path = golden(revision, tmp_path / "usage.db")
    with Database.open(path) as database:
        found = contents(database)
        assert [len(found[name]) for name in ("account", "snapshot", "profile", "failure")] == [
            2, 5, 3, 2,
        ]  # fmt: skip
        assert ("work — 公司", 1764500000000, -1200, 9007199254740993) in [
            row[:4] for row in found["snapshot"]
        ]
        save(database, answer(T0 + 10**9, id=7, username="bob"))
    with Database.open(path) as database:
        assert database.upgraded is None
        assert len(contents(database, "snapshot")["snapshot"]) == 6


def test_an_older_database_is_backed_up_first(tmp_path: Path) -> None:
    path = golden("0001", tmp_path / "usage.db")
    with Database.open(path) as database:
        done = database.upgraded
        after = contents(database)
    assert done is not None
    assert done.backup is not None
    assert done.revision == "0001"
    assert done.backup.parent == tmp_path
    assert stat.S_IMODE(done.backup.stat().st_mode) == 0o600
    backup = sqlite3.connect(done.backup)
    assert backup.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert backup.execute("SELECT count(*) FROM snapshot").fetchone() == (5,)
    backup.close()
    with Database.open(done.backup) as database:
        assert contents(database) == after


def test_an_empty_database_needs_no_backup(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        assert database.upgraded is not None
        assert database.upgraded.backup is None
    assert [path.name for path in tmp_path.glob("*.db*")] == ["usage.db"]


def test_an_upgrade_that_fails_has_not_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = golden("0001", tmp_path / "usage.db")

    def fail(connection: Connection) -> None:
        migrate(connection)
        raise ZeroDivisionError

    monkeypatch.setattr(migration, "migrate", fail)
    with pytest.raises(ZeroDivisionError):
        Database.open(path)
    with pytest.raises(UpgradeNeededError, match="0001"):
        Database.open(path, upgrade=False)


def test_an_upgrade_never_turns_foreign_keys_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(connection: Connection) -> None:
        seen.append(connection.exec_driver_sql("PRAGMA foreign_keys").scalar())
        migrate(connection)

    monkeypatch.setattr(migration, "migrate", look)
    Database.open(golden("0001", tmp_path / "usage.db")).close()
    assert seen == [0]


def test_a_reference_to_nothing_stops_an_upgrade(tmp_path: Path) -> None:
    path = golden("0001", tmp_path / "usage.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE snapshot SET profile_id = 99 WHERE profile_id = 2")
    connection.commit()
    connection.close()
    with pytest.raises(DatabaseError, match="damaged"):
        Database.open(path)


def test_a_server_is_upgraded_only_by_its_command(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        migrate(connection, "0001")
        connection.exec_driver_sql(
            "INSERT INTO account (name, base_url, created_at) VALUES ('default', 'https://x', 1)"
        )
    engine.dispose()
    with pytest.raises(UpgradeNeededError, match="`tracker db upgrade`"):
        Database.open(postgres_url)
    done = upgrade(resolve(postgres_url), 5)
    assert done is not None
    assert (done.revision, done.backup) == ("0001", None)
    assert upgrade(resolve(postgres_url), 5) is None
    with Database.open(postgres_url) as database:
        assert len(contents(database, "account")["account"]) == 1


def test_the_program_knows_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migration.scripts()))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_REVISION]
