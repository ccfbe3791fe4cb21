"""What comes of kills, races and full disks: nothing reported is lost, nothing is half there."""

import random
import sqlite3
import time
from pathlib import Path

import pytest

from tests.store.racing import (
    PROCESSES,
    back_up_to_a_full_disk,
    import_once,
    integrity,
    open_once,
    save_for_ever,
    save_on_a_full_disk,
    save_once,
    start,
    told,
)
from tests.store.samples import GOLDEN, T0, answer, contents, save
from usage_tracker.store.database import Database
from usage_tracker.store.schema import SCHEMA_REVISION


def race(where: str, runners: int) -> list[str]:
    ready = PROCESSES.Barrier(runners)
    started = [start(save_once, where, ready) for _ in range(runners)]
    news = [line for _, ear in started for line in told(ear)]
    for process, _ in started:
        process.join()
    return news


def test_fifty_at_once_on_a_database_that_does_not_exist_yet_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    assert race(str(path), 50) == ["stored"] * 50
    with Database.open(path) as database:
        assert [row[1] for row in contents(database, "snapshot")["snapshot"]] == [
            T0 + i for i in range(50)
        ]
    assert [p.name for p in tmp_path.glob("usage.db*")] == ["usage.db"]


def test_many_at_once_on_an_empty_server_all_succeed(postgres_url: str) -> None:
    assert race(postgres_url, 12) == ["stored"] * 12
    with Database.open(postgres_url) as database:
        assert len(contents(database, "snapshot")["snapshot"]) == 12


def test_a_kill_while_saving_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    random.seed(1)
    path, reported = tmp_path / "usage.db", set()
    for attempt in range(12):
        process, ear = start(save_for_ever, str(path), T0 + attempt * 1_000_000)
        ear.recv()
        time.sleep(random.uniform(0, 0.06))
        process.kill()
        reported |= set(told(ear))
        process.join()
        assert integrity(path) == ["ok"]
    with Database.open(path) as database:
        stored = {row[1] for row in contents(database, "snapshot")["snapshot"]}
    assert reported <= stored
    assert reported, "no process got as far as to save"


def test_a_kill_while_upgrading_leaves_a_database_that_upgrades(tmp_path: Path) -> None:
    random.seed(2)
    finished = 0
    for attempt in range(12):
        path = tmp_path / f"{attempt}.db"
        golden = sqlite3.connect(path)
        golden.executescript((GOLDEN / "0001.sql").read_text())
        golden.close()
        process, ear = start(open_once, str(path))
        ear.recv()
        time.sleep(random.uniform(0, 0.08))
        process.kill()
        finished += told(ear) == ["open"]
        process.join()
        assert integrity(path) == ["ok"]
        with Database.open(path) as database, database.read() as connection:
            revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert revision.scalars().all() == [SCHEMA_REVISION]
            assert connection.exec_driver_sql("SELECT count(*) FROM snapshot").scalar() == 5
    assert finished < 12, "every kill came too late"


def test_a_kill_while_importing_imports_all_or_nothing(tmp_path: Path) -> None:
    random.seed(3)
    source = tmp_path / "rows.csv"
    rows = "".join(f"{T0 + i},{i},{i}\n" for i in range(20_000))
    source.write_text(f"captured_at,quota,used_quota\n{rows}")
    counts = set()
    for attempt in range(8):
        path = tmp_path / f"{attempt}.db"
        with Database.open(path) as database:
            save(database, answer(T0 - 1))
        process, ear = start(import_once, str(path), str(source))
        ear.recv()
        time.sleep(random.uniform(0.02, 0.25))
        process.kill()
        told(ear)
        process.join()
        assert integrity(path) == ["ok"]
        with Database.open(path) as database:
            counts.add(len(contents(database, "snapshot")["snapshot"]))
    assert counts <= {1, 20_001}


@pytest.mark.parametrize("room", [60_000, 300_000])
def test_a_full_disk_is_told_and_takes_nothing_along(tmp_path: Path, room: int) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, answer(T0 - 1))
    process, ear = start(save_on_a_full_disk, str(path), room)
    *reported, last = told(ear)
    process.join()
    assert last.startswith(("DiskFullError", "DiskError"))
    assert "full" in last
    assert integrity(path) == ["ok"]
    with Database.open(path) as database:
        save(database, answer(T0 + 1_000_000))
        stored = {row[1] for row in contents(database, "snapshot")["snapshot"]}
    assert set(reported) < stored


def test_a_backup_that_does_not_fit_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, answer())
    process, ear = start(back_up_to_a_full_disk, str(path), str(tmp_path / "backup.db"))
    (said,) = told(ear)
    process.join()
    assert said.startswith(("DiskFullError", "DiskError"))
    assert "backup.db" in said
    assert not list(tmp_path.glob("*backup*"))
