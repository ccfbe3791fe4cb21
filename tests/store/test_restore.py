import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import GOLDEN, T0, answer, contents, save
from usage_tracker.errors import DatabaseError
from usage_tracker.store.backup import back_up
from usage_tracker.store.database import Database
from usage_tracker.store.errors import BusyError
from usage_tracker.store.location import resolve
from usage_tracker.store.restore import (
    SameFileError,
    ServerRestoreError,
    restore,
    verify,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with two snapshots, and `backup.db` with the first of them."""
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, answer(T0))
        back_up(database.location, tmp_path / "backup.db")
        save(database, answer(T0 + 1))
    return path


def moments(path: Path) -> list[int]:
    with Database.open(path, create=False) as database:
        return [row[1] for row in contents(database, "snapshot")["snapshot"]]


def run(path: Path, deadline: float = 5.0) -> Path | None:
    return restore(resolve(path), verify(path.with_name("backup.db")), deadline)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_backup_replaces_the_database_which_is_kept(path: Path, mode: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
    kept = run(path)
    assert kept is not None
    assert kept.name.startswith("usage.db.before-restore.")
    assert (moments(path), moments(kept)) == ([T0], [T0, T0 + 1])
    with Database.open(path) as database:
        save(database, answer(T0 + 2))
    assert moments(path) == [T0, T0 + 2]


def test_an_open_reader_sees_the_old_content_and_then_the_new(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        count = "SELECT count(*) FROM snapshot"
        assert reader.execute(count).fetchone() == (2,)
        run(path)
        assert reader.execute(count).fetchone() == (2,)
        reader.execute("COMMIT")
        assert reader.execute(count).fetchone() == (1,)
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_writer_is_waited_for_until_the_deadline(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(BusyError):
            run(path, 0.5)
        assert time.monotonic() - began < 5
        writer.execute("ROLLBACK")
    assert moments(path) == [T0, T0 + 1]
    assert run(path) is not None


def damage_header(path: Path) -> None:
    path.write_bytes(b"no database" + path.read_bytes()[11:])


def cut(path: Path) -> None:
    os.truncate(path, 5000)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [damage_header, cut, remove])
@pytest.mark.parametrize("log", [True, False])
def test_a_damaged_file_is_moved_aside_with_its_log(
    path: Path, damage: object, *, log: bool
) -> None:
    assert callable(damage)
    if log:  # of a program that was killed: it holds a snapshot that is not in the file
        program = (
            "import os, sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n"
            "c.execute('UPDATE snapshot SET quota = 7')\nc.commit()\nos.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", program, str(path)], check=False)
        assert path.with_name("usage.db-wal").stat().st_size
    damage(path)
    kept = run(path)
    assert moments(path) == [T0]
    assert (kept is None) == (damage is remove and not log)
    assert kept is None or [*path.parent.glob(f"{kept.name}*")]
    with Database.open(path) as database:
        save(database, answer(T0 + 2))
    assert moments(path) == [T0, T0 + 2]


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [damage_header, cut, remove, foreign, newer, empty, directory])
def test_a_backup_that_cannot_be_used_changes_nothing(path: Path, spoil: object) -> None:
    assert callable(spoil)
    spoil(path.with_name("backup.db"))
    with pytest.raises(DatabaseError):
        run(path)
    assert moments(path) == [T0, T0 + 1]
    assert not [*path.parent.glob("*.before-*")]


def test_a_backup_of_an_older_release_is_upgraded_when_it_is_opened(path: Path) -> None:
    backup = path.with_name("backup.db")
    backup.unlink()
    with closing(sqlite3.connect(backup)) as connection:
        connection.executescript((GOLDEN / "0001.sql").read_text())
    run(path)
    assert len(moments(path)) == 5


def test_the_database_itself_and_a_server_are_refused(path: Path) -> None:
    path.with_name("link.db").symlink_to(path)
    with pytest.raises(SameFileError):
        restore(resolve(path), verify(path.with_name("link.db")), 1)
    with pytest.raises(ServerRestoreError):
        restore(resolve("postgresql://host/usage"), verify(path), 1)


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_a_restore_that_is_killed_leaves_the_old_or_the_new(path: Path, delay: float) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nprint('ready', flush=True)\n"
        "from usage_tracker.store.location import resolve\n"
        "from usage_tracker.store.restore import restore, verify\n"
        "restore(resolve(sys.argv[1]), verify(Path(sys.argv[2])), 5)"
    )
    words = [sys.executable, "-c", program, str(path), str(path.with_name("backup.db"))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5 + delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert moments(path) in ([T0], [T0, T0 + 1])
