"""A database that is moved, replaced or deleted while the program runs: never a false success."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.files import used
from tests.faults.tally import Tally
from tests.faults.warm import Warm
from tests.gateway_server import Call, Gateway, json_reply, user_self
from usage_tracker.store.database import Database
from usage_tracker.store.errors import ReplacedError
from usage_tracker.store.importing.staging import Staging, attach

Fault = Callable[[Path], object]
ANSWER = json_reply(user_self(quota=777, used_quota=555))


def put_another(path: Path) -> None:
    """Move another database over it, as somebody who restores a backup does."""
    other = path.with_name("backup.db")
    Database.open(other).close()
    other.replace(path)


def put_a_copy(path: Path) -> None:
    """Replace it by a copy of itself, as an editor or rsync does."""
    Path(shutil.copy(path, path.with_name("copy.db"))).replace(path)


def move_away(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def lead_elsewhere(path: Path) -> None:
    """Make its name a link to another database."""
    path.unlink()
    Database.open(path.with_name("elsewhere.db")).close()
    path.symlink_to("elsewhere.db")


FAULTS: dict[str, Fault] = {
    "deleted": Path.unlink,
    "moved away": move_away,
    "replaced by another": put_another,
    "replaced by a copy": put_a_copy,
    "made a link": lead_elsewhere,
    "moved with its folder": move_folder,
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database of the program, in a folder of its own, with one snapshot."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("TRACKER_DATABASE", str(folder / "usage.db"))
    return folder / "usage.db"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_snapshot_whose_database_is_gone_fails_with_its_counters(
    program: Warm, gateway: Gateway, path: Path, tally: Tally, fault: str
) -> None:
    program.run("snapshot").succeeds()

    def answer(call: Call) -> None:
        FAULTS[fault](path)
        ANSWER(call)

    gateway.script = answer
    ending = program.run("snapshot", "--quiet")
    ending.complains(74, "was replaced or deleted meanwhile", "quota 777, used_quota 555")
    assert ending.out == ""
    tally.add("replaced", snapshots=1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_that_cannot_be_recorded_is_reported_as_such(
    program: Warm, gateway: Gateway, path: Path, fault: str
) -> None:
    program.run("snapshot").succeeds()

    def answer(call: Call) -> None:
        FAULTS[fault](path)
        json_reply({}, 500)(call)

    gateway.script = answer
    program.run("snapshot").complains(74, "out of order", "was replaced or deleted meanwhile")


def add_account_during(database: Database, fault: Fault) -> None:
    with database.write() as connection:
        row = "INSERT INTO account VALUES (1, 'a', 'https://a.example', 500000, 0)"
        connection.exec_driver_sql(row)
        fault(database.location.path)


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_written_to_a_file_that_lost_its_place(path: Path, fault: str) -> None:
    with Database.open(path) as database:
        with pytest.raises(ReplacedError):
            add_account_during(database, FAULTS[fault])
        with database.read() as connection:
            assert not connection.exec_driver_sql("SELECT * FROM account").all()


def test_a_file_whose_content_changed_in_place_is_still_the_same(
    program: Warm, gateway: Gateway, path: Path
) -> None:
    program.run("snapshot").succeeds()

    def answer(call: Call) -> None:
        with Database.open(path) as database, database.write() as connection:
            connection.exec_driver_sql("UPDATE account SET quota_per_unit = 1000")
        ANSWER(call)

    gateway.script = answer
    program.run("snapshot").succeeds()
    assert sorted(used(path)) == [1, 555]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_import_into_a_database_that_is_gone_fails(path: Path, fault: str) -> None:
    with Database.open(path) as database, Staging("history.csv") as staging:
        staging.finish()
        with pytest.raises(ReplacedError), attach(database, staging):
            FAULTS[fault](path)
