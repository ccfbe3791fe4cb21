"""Many at once, and one that will not let go: everybody gets in, or is told why not."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.files import OLDER, Shapes, golden, is_whole, revision, used
from tests.faults.tally import Tally
from tests.faults.warm import Warm, begin, end
from usage_tracker.store.schema import SCHEMA_REVISION

AT_ONCE = 50
UPGRADES = 20

pytestmark = pytest.mark.usefixtures("gateway")


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """This process holds the write lock."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_fifty_snapshots_at_once_on_a_database_that_does_not_exist_yet_are_all_stored(
    program: Warm, database: Path, whole: Shapes, tally: Tally
) -> None:
    started = [program.start("snapshot") for _ in range(AT_ONCE)]
    for run in started:
        program.end(run).succeeds()
    stored = used(database)
    tally.add("races", first_snapshots_at_once=AT_ONCE, stored=len(stored))
    assert sorted(stored) == list(range(1, AT_ONCE + 1))
    assert is_whole(database, whole)


def test_cold_processes_race_as_well(database: Path, tally: Tally) -> None:
    started = [begin("snapshot") for _ in range(4)]
    for process in started:
        end(process).succeeds()
    tally.add("races", cold=len(started))
    assert len(used(database)) == len(started)


@pytest.mark.parametrize("release", OLDER)
def test_of_many_upgrades_at_once_one_does_it_and_the_others_find_it_done(
    program: Warm, database: Path, whole: Shapes, tally: Tally, release: str
) -> None:
    before = used(golden(release, database))
    started = [program.start("db", "upgrade") for _ in range(UPGRADES)]
    for run in started:
        program.end(run).succeeds()
    tally.add("races", upgrades_at_once=UPGRADES)
    assert revision(database) == SCHEMA_REVISION
    assert is_whole(database, whole)
    assert len(list(database.parent.glob("usage.db.before-*"))) == 1
    assert used(database) == before


def test_a_snapshot_waits_for_a_writer_until_its_deadline_and_tells_what_it_could_not_store(
    program: Warm, database: Path
) -> None:
    program.run("snapshot").succeeds()
    with locked(database):
        begun = time.monotonic()
        ending = program.run("snapshot", "--deadline", "1")
        assert time.monotonic() - begun < 15  # the usual deadline is 30
    ending.complains(74, "is busy", "not stored: quota 999999998, used_quota 2")
    program.run("snapshot").succeeds()
    assert sorted(used(database)) == [1, 3]


def test_a_failure_that_cannot_be_recorded_is_told_as_well(
    program: Warm, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.run("snapshot").succeeds()
    monkeypatch.setenv("TRACKER_TOKEN", "sk-an-inference-key")
    with locked(database):
        program.run("snapshot", "--deadline", "1").complains(74, "inference key", "is busy")


def test_a_writer_that_is_done_in_time_costs_a_snapshot_nothing_but_time(
    program: Warm, database: Path
) -> None:
    program.run("snapshot").succeeds()
    with locked(database):
        run = program.start("snapshot")
        time.sleep(0.3)
    program.end(run).succeeds()
    assert len(used(database)) == 2


@pytest.mark.parametrize(
    "words",
    ["status", "report", "events", "history", "export -", "db check", "db backup {}/copy.db"],
)
def test_readers_do_not_care_who_writes(
    program: Warm, database: Path, tmp_path: Path, words: str
) -> None:
    program.run("snapshot").succeeds()
    with locked(database):
        begun = time.monotonic()
        program.run(*words.format(tmp_path).split()).succeeds()
        assert time.monotonic() - begun < 15  # the usual deadline is 30
