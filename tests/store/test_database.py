import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.store.samples import GOLDEN, T0, answer, contents, save
from usage_tracker.config.paths import database_path
from usage_tracker.errors import DatabaseError, NoHistoryError
from usage_tracker.store import snapshots
from usage_tracker.store.database import Database
from usage_tracker.store.errors import (
    CannotCreateError,
    CannotOpenError,
    ForeignDatabaseError,
    MissingDriverError,
    NewerSchemaError,
    NoDatabaseError,
    NoDirectoryError,
    NotADatabaseError,
    ReadOnlyError,
    UnreachableError,
    UpgradeNeededError,
)


def test_the_users_own_database_is_made_with_its_directories() -> None:
    with Database.open() as database:
        save(database, answer())
    path = database_path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_a_database_that_is_only_to_be_read_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NoDatabaseError, match=r"begins one, once `tracker init`") as caught:
        Database.open(create=False)
    assert caught.value.exit_code == 3
    assert isinstance(caught.value, NoHistoryError)
    assert not list((tmp_path / "home").iterdir())


def test_an_empty_server_is_no_history_either(postgres_url: str) -> None:
    with pytest.raises(NoDatabaseError):
        Database.open(postgres_url, create=False)


def test_a_directory_that_is_not_there_is_named_not_made(tmp_path: Path) -> None:
    with pytest.raises(NoDirectoryError, match="mkdir -p") as caught:
        Database.open(tmp_path / "nowhere" / "usage.db")
    assert str(tmp_path / "nowhere") in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "home" / "data").write_text("a file, where the directory should be")
    with pytest.raises(CannotCreateError, match=r"cannot create .*/data/usage-tracker"):
        Database.open()
    with pytest.raises(CannotCreateError, match=r"cannot create .*/data/usage\.db"):
        Database.open(tmp_path / "home" / "data" / "usage.db")


def test_opening_again_finds_everything(database_url: str) -> None:
    with Database.open(database_url) as database:
        assert database.upgraded is not None
        save(database, answer())
    with Database.open(database_url, create=False) as database:
        assert database.upgraded is None
        assert len(contents(database, "snapshot")["snapshot"]) == 1


def test_a_file_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    path.write_bytes(b"certainly not a database, but longer than one page's head " * 20)
    before = path.read_bytes()
    with pytest.raises(NotADatabaseError, match="is not a database"):
        Database.open(path)
    assert path.read_bytes() == before


def test_a_directory_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CannotOpenError, match="see that it is a file"):
        Database.open(tmp_path)


def test_a_truncated_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, *(answer(T0 + i, note=f"{i}" * 50) for i in range(100)))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)
    with pytest.raises(DatabaseError) as caught, Database.open(path) as database:
        contents(database)
    assert "\n" not in str(caught.value)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "places.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    with pytest.raises(ForeignDatabaseError, match="another program"):
        Database.open(path)


def test_another_programs_alembic_is_left_alone(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('27c6a30d7c24')")
    engine.dispose()
    with pytest.raises(ForeignDatabaseError):
        Database.open(database_url)


def test_a_database_of_a_newer_release_says_so(database_url: str) -> None:
    with Database.open(database_url) as database, database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchemaError, match=r"9999, newer .*: upgrade usage-tracker"):
        Database.open(database_url)


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDriverError, match=r"\[postgres\]"):
        Database.open("postgresql://localhost/usage")


def test_a_server_that_does_not_answer_is_reported_without_the_password() -> None:
    with pytest.raises(UnreachableError, match="cannot connect to postgresql") as caught:
        Database.open("postgresql://me:hunter2@127.0.0.1:1/usage", deadline=2)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


WITHOUT_PRIVILEGE = """
import sys
from usage_tracker.errors import TrackerError
from usage_tracker.store import accounts, snapshots
from usage_tracker.store.database import Database
from tests.store.samples import answer, save
with Database.open(sys.argv[1], create=False) as database:
    with database.read() as connection:
        (last,) = snapshots.latest(connection).values()
    print(last.quota)
    try:
        save(database, answer(quota=9))
    except TrackerError as error:
        print(type(error).__name__)
"""


def unprivileged(*arguments: str) -> str:
    """What a program says to which permissions apply, as they do not to root."""
    command = [sys.executable, "-c", WITHOUT_PRIVILEGE, *arguments]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write anything, and there is no setpriv")
        command = ["setpriv", "--bounding-set=-dac_override", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=GOLDEN.parents[2]
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("what", ["file", "directory"])
def test_what_is_read_only_can_be_read(tmp_path: Path, what: str) -> None:
    directory = tmp_path / "archive"
    directory.mkdir()
    path = directory / "usage.db"
    with Database.open(path) as database:
        save(database, answer(quota=5))
    target, mode = (path, 0o400) if what == "file" else (directory, 0o500)
    target.chmod(mode)
    try:
        assert unprivileged(str(path)).split() == ["5", ReadOnlyError.__name__]
        assert [p.name for p in directory.iterdir()] == ["usage.db"]
    finally:
        target.chmod(0o700)


def test_an_older_database_that_is_not_to_be_changed_is_not(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((GOLDEN / "0001.sql").read_text())
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UpgradeNeededError, match="tracker db upgrade"):
        Database.open(path, upgrade=False)
    assert sqlite3.connect(path).execute("SELECT * FROM alembic_version").fetchall() == [("0001",)]
    assert len(before) == path.stat().st_size


def test_threads_may_share_a_database(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Database.open(tmp_path / "usage.db") as database:
        one = save(database).account_id
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: save(database, answer()), range(40)))
        with database.read() as connection:
            assert snapshots.count(connection, one) == 40


def test_an_empty_file_becomes_private_before_it_is_a_database(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    path.touch(0o644)
    Database.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    Database.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644  # somebody wanted it so
