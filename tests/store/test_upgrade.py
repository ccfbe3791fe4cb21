import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError

from tests.store.samples import GOLDEN, T0, answer, contents, save
from usage_tracker.errors import DatabaseError
from usage_tracker.store import accounts, checkpoints, failures, migration
from usage_tracker.store.backup import KEPT
from usage_tracker.store.database import Database
from usage_tracker.store.errors import LostReferenceError, UpgradeNeededError
from usage_tracker.store.export import export_file
from usage_tracker.store.importing.run import import_history
from usage_tracker.store.integrity import check_file
from usage_tracker.store.location import resolve
from usage_tracker.store.migration import migrate
from usage_tracker.store.schema import CAPTURE_REVISION, SCHEMA_REVISION
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


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_history_of_every_release_can_be_exported_and_imported(
    tmp_path: Path, revision: str
) -> None:
    with (
        Database.open(golden(revision, tmp_path / "usage.db")) as old,
        Database.open(tmp_path / "new.db") as new,
    ):
        for name in ("default", "work — 公司"):
            export_file(old, name, tmp_path / "out.jsonl", "jsonl")
            import_history(new, tmp_path / "out.jsonl")
        assert contents(new) == contents(old)
        with old.read() as before, new.read() as after:
            assert checkpoints.list_events(after, 1) == checkpoints.list_events(before, 1)


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


def test_an_sqlite_without_vacuum_into_upgrades_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usage_tracker.store.backup._HAS_VACUUM_INTO", (99,))
    path = golden("0001", tmp_path / "usage.db")
    with Database.open(path) as database:
        assert database.upgraded is not None
        assert database.upgraded.backup is not None
        with Database.open(database.upgraded.backup) as copy:
            assert contents(copy) == contents(database)


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


FAILURES = {
    "a bug": ZeroDivisionError(),
    "an error of the database": OperationalError("", {}, sqlite3.OperationalError("no")),
    "too little memory": MemoryError(),
    "Ctrl-C": KeyboardInterrupt(),
}


@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
def test_upgrades_that_fail_leave_no_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = golden("0001", tmp_path / "usage.db")
    before = {each.name for each in tmp_path.iterdir()}

    def fail(_: Connection) -> None:
        raise error

    monkeypatch.setattr(migration, "migrate", fail)
    for _ in range(5):
        with pytest.raises((type(error), DatabaseError)):
            Database.open(path)
    assert {each.name for each in tmp_path.iterdir()} - {f"{path.name}-journal"} == before


def test_of_the_copies_of_killed_upgrades_the_newest_are_kept(tmp_path: Path) -> None:
    path = golden("0001", tmp_path / "usage.db")
    for number in range(KEPT + 2):
        (tmp_path / f"usage.db.before-{SCHEMA_REVISION}.2026010{number}T000000000000Z").touch()
    (tmp_path / "usage.db.before-prune.20200101T000000000000Z").touch()
    with Database.open(path) as database:
        assert database.upgraded is not None
    copies = sorted(each.name for each in tmp_path.glob(f"usage.db.before-{SCHEMA_REVISION}.*"))
    assert len(copies) == KEPT
    assert copies[0].endswith(".20260103T000000000000Z")
    assert (tmp_path / "usage.db.before-prune.20200101T000000000000Z").exists()


@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
def test_a_snapshot_is_stored_though_the_upgrade_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    if isinstance(error, KeyboardInterrupt):
        pytest.skip("ends the program")
    path = golden("0003", tmp_path / "usage.db")

    def fail(_: Connection) -> None:
        raise error

    monkeypatch.setattr(migration, "migrate", fail)
    with Database.open(path, capturing=True) as database:
        assert database.upgrade_problem is not None
        save(database, answer(T0 + 10**9, id=7, username="bob"))
        with database.write() as connection:
            failures.record(connection, 1, failures.Failure(T0, "timeout"))
    monkeypatch.undo()
    with Database.open(path) as database:
        assert len(contents(database, "snapshot")["snapshot"]) == 6


def test_a_server_that_waits_for_its_upgrade_takes_snapshots(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        migrate(connection, "0003")
    engine.dispose()
    with Database.open(postgres_url, capturing=True) as database:
        assert isinstance(database.upgrade_problem, UpgradeNeededError)
        save(database, answer(T0))
    upgrade(resolve(postgres_url), 5)
    with Database.open(postgres_url) as database:
        assert len(contents(database, "snapshot")["snapshot"]) == 1


@pytest.mark.parametrize("revision", [each for each in REVISIONS if each < CAPTURE_REVISION])
def test_a_schema_without_the_tables_of_a_snapshot_must_be_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    def fail(_: Connection) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(migration, "migrate", fail)
    with pytest.raises(ZeroDivisionError):
        Database.open(golden(revision, tmp_path / "usage.db"), capturing=True)


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


def test_a_reference_to_nothing_from_before_does_not_stop_an_upgrade(tmp_path: Path) -> None:
    path = golden("0001", tmp_path / "usage.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE snapshot SET profile_id = 99 WHERE profile_id = 2")
    connection.commit()
    connection.close()
    Database.open(path).close()
    (finding,) = check_file(resolve(path))
    assert "profile_id 99) refers to no row of profile" in finding.message


def test_an_upgrade_that_would_lose_rows_does_not_happen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = golden("0001", tmp_path / "usage.db")

    def lose(connection: Connection) -> None:
        migrate(connection)
        connection.exec_driver_sql("DELETE FROM profile")

    monkeypatch.setattr(migration, "migrate", lose)
    with pytest.raises(LostReferenceError, match="rows of snapshot would lose"):
        Database.open(path)
    with pytest.raises(UpgradeNeededError, match="0001"):
        Database.open(path, upgrade=False)


def test_what_the_ledger_can_find_again_is_found_by_the_new_rules(database_url: str) -> None:
    """Events up to a baseline replace snapshots that are missing: they stay."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        migrate(connection, "0003")
        for statement in (
            "INSERT INTO account VALUES (1, 'a', 'https://x', 500000, 1)",
            "INSERT INTO account VALUES (2, 'b', 'https://x', 1000000, 1)",
            "INSERT INTO event VALUES (1, 10, 9, 'top_up', 5), (1, 20, 19, 'top_up', 7)",
            "INSERT INTO event VALUES (2, 10, 9, 'top_up', 5)",
            "INSERT INTO mark VALUES (1, 15, 2, 0, 1, 1), (1, 25, 4, 0, 1, 0)",
            "INSERT INTO mark VALUES (2, 25, 4, 0, 1, 0)",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    upgrade(resolve(database_url), 5)
    with Database.open(database_url) as database, database.read() as connection:
        stored = checkpoints.events_by_account(connection, [1, 2])
        left = checkpoints.checkpoints_by_account(connection, [1, 2])
        units = [repr(one.quota_per_unit) for one in accounts.list_accounts(connection)]
    assert [event.at for event in stored[1]] == [10]
    assert [one.scanned_to for one in left[1]] == [15]
    assert (stored[2], left[2], units) == ([], [], ["500000", "1000000"])


def test_an_upgraded_table_keeps_its_form(tmp_path: Path) -> None:
    """SQLite makes new tables for a migration; what it forgets is gone for good."""
    Database.open(golden("0003", tmp_path / "usage.db")).close()
    connection = sqlite3.connect(tmp_path / "usage.db")
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master"))
    connection.close()
    assert "WITHOUT ROWID" in found["event"]
    assert "ON DELETE CASCADE" in found["event"]
    assert found["event"].count("CONSTRAINT ck_") == 4
    assert found["account"].count("CONSTRAINT ck_") == 2
    assert "UNIQUE (name)" in found["account"]


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
