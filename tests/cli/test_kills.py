"""`snapshot` killed at any moment, and many at once."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.nursery import Nursery, Run, nursery
from tests.gateway_server import Gateway, silence
from usage_tracker.times import iso

KILLS = 60
AT_ONCE = 50


@pytest.fixture
def runs(tmp_path: Path, gateway: Gateway) -> Iterator[Nursery]:
    assert gateway.url
    with nursery(tmp_path) as place:
        yield place


def reported(run: Run) -> list[str]:
    """When the snapshots were captured that `run` said it stored."""
    try:
        accounts = json.loads(run.output.read_text())["accounts"]
    except (OSError, ValueError):  # killed before or while it spoke
        return []
    return [account["captured_at"] for account in accounts if account["status"] == "stored"]


def stored(database: Path) -> list[str]:
    with sqlite3.connect(database) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("select captured_at from snapshot").fetchall()
    connection.close()
    return [iso(at) for (at,) in rows]


def kill(runs: Nursery, moment: float) -> list[str]:
    """Start a snapshot and kill it at `moment`, in seconds; what it said it stored."""
    run = runs.start()
    time.sleep(moment)
    os.kill(run.pid, signal.SIGKILL)
    runs.wait(run)
    return reported(run)


def test_killed_at_any_moment_it_keeps_what_it_reported(
    runs: Nursery, database: Path, record_property: Callable[[str, object], None]
) -> None:
    runs.time()
    length, chance, told = runs.time(), random.Random(20), set[str]()
    for _ in range(KILLS):
        told |= set(kill(runs, chance.uniform(0, 1.2) * length))
        assert told <= set(stored(database))
    assert runs.wait(runs.start()) == 0
    record_property("kills", KILLS)
    record_property("reported", len(told))


def test_killed_while_the_database_is_made_it_leaves_one_that_works(
    runs: Nursery, database: Path
) -> None:
    length, chance = runs.time(), random.Random(21)
    for _ in range(KILLS // 5):
        for path in database.parent.iterdir():
            path.unlink()
        told = set(kill(runs, chance.uniform(0, 1) * length))
        assert runs.wait(runs.start()) == 0
        assert told <= set(stored(database))


def test_ctrl_c_ends_it_at_once_and_quietly(gateway: Gateway) -> None:
    gateway.script = silence()
    program = [sys.executable, "-m", "usage_tracker", "snapshot"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        while not gateway.requests:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=5)
    assert process.returncode == 130
    assert complaint.strip() == ""


def test_fifty_at_once_on_a_database_that_does_not_exist_all_succeed(
    runs: Nursery, database: Path
) -> None:
    started = [runs.start() for _ in range(AT_ONCE)]
    assert [runs.wait(run) for run in started] == [0] * AT_ONCE
    told = [at for run in started for at in reported(run)]
    assert sorted(told) == sorted(stored(database))
    assert len(set(told)) == AT_ONCE
