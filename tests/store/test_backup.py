import stat
import threading
from pathlib import Path

import pytest

from tests.store.samples import T0, answer, contents, save
from usage_tracker.store.backup import ServerBackupError, back_up
from usage_tracker.store.database import Database
from usage_tracker.store.errors import NoDatabaseError, NoDirectoryError
from usage_tracker.store.files import TargetExistsError
from usage_tracker.store.location import resolve


@pytest.fixture(autouse=True, params=["VACUUM INTO", "backup API"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy as with a current SQLite, and as with one before 3.27."""
    if request.param == "backup API":
        monkeypatch.setattr("usage_tracker.store.backup._HAS_VACUUM_INTO", (99,))


def test_a_backup_is_a_database_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    with Database.open(tmp_path / "usage.db") as database:
        save(database, answer(id=1))
        assert back_up(database.location, target) == target
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        with Database.open(target) as copy:
            assert contents(copy) == contents(database)


def test_a_backup_is_one_moment_while_others_write(tmp_path: Path) -> None:
    stop = threading.Event()
    with Database.open(tmp_path / "usage.db") as database:
        save(database, answer(T0))

        def pairs() -> None:
            moment = T0
            while not stop.is_set():
                moment += 2
                save(database, answer(moment), answer(moment + 1))

        writer = threading.Thread(target=pairs)
        writer.start()
        try:
            for number in range(5):
                back_up(database.location, tmp_path / f"{number}.db")
        finally:
            stop.set()
            writer.join()
    counts = []
    for number in range(5):
        with Database.open(tmp_path / f"{number}.db") as copy:
            counts.append(len(contents(copy, "snapshot")["snapshot"]))
    assert counts == sorted(counts)
    assert all(count % 2 for count in counts)


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    target.write_text("precious")
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(TargetExistsError, match=r"backup\.db exists already"),
    ):
        back_up(database.location, target)
    assert target.read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"home", "usage.db", "backup.db"}


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(NoDirectoryError, match="nowhere"),
    ):
        back_up(database.location, tmp_path / "nowhere" / "backup.db")


def test_there_is_nothing_to_back_up_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(NoDatabaseError):
        back_up(resolve(tmp_path / "usage.db"), tmp_path / "backup.db")


def test_a_servers_database_is_left_to_pg_dump() -> None:
    with pytest.raises(ServerBackupError, match="pg_dump"):
        back_up(resolve("postgresql://localhost/usage"), Path("backup.db"))


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_copy_is_written_as_the_original_is(tmp_path: Path, mode: str) -> None:
    location = resolve(f"sqlite:///{tmp_path / 'usage.db'}?journal_mode={mode}")
    Database.open(location.name).close()
    copy = back_up(location, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.glob("*copy*")] == ["copy.db"]
    with Database.open(copy) as database, database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == mode
