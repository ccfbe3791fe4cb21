import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import Gateway, silence

SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


def start(*words: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "usage_tracker", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process: "subprocess.Popen[bytes]", number: signal.Signals) -> int:
    process.send_signal(number)
    process.communicate(timeout=20)
    return process.returncode


@pytest.mark.parametrize("number", SIGNALS)
def test_a_snapshot_that_waits_is_ended(gateway: Gateway, number: signal.Signals) -> None:
    gateway.script = silence()
    process = start("snapshot")
    while not gateway.requests and process.poll() is None:
        time.sleep(0.02)
    assert end(process, number) == 128 + number


@pytest.mark.parametrize("number", SIGNALS)
def test_an_import_that_is_ended_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    pipe = tmp_path / "slow.csv"
    os.mkfifo(pipe)
    process = start("import", str(pipe))
    with pipe.open("wb", buffering=0) as writer:
        writer.write(b"captured_at,quota,used_quota\n" + b"1764500000,1,1\n" * 10)
        while not [*scratch.iterdir()] and process.poll() is None:
            time.sleep(0.02)
        assert [*scratch.iterdir()]
        assert end(process, number) == 128 + number
    assert not [*scratch.iterdir()]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_backup_that_is_ended_leaves_no_file(
    tracker: Tracker, gateway: Gateway, database: Path, tmp_path: Path, number: signal.Signals
) -> None:
    assert gateway.url
    tracker("snapshot")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=delete")
        other.execute("BEGIN EXCLUSIVE")
        process = start("db", "backup", str(tmp_path / "copy.db"))
        while not [*tmp_path.glob(".copy.db.*.tmp")] and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(number)
        other.execute("ROLLBACK")
        process.communicate(timeout=20)
    assert not [*tmp_path.glob(".copy.db.*")]
    assert process.returncode in {0, 128 + number}


def test_nohup_is_respected(gateway: Gateway) -> None:
    gateway.script = silence()
    words = ["nohup", sys.executable, "-m", "usage_tracker", "snapshot", "--deadline", "3"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not gateway.requests and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=20)
    assert process.returncode == 69


def test_a_crash_writes_no_memory_to_a_file() -> None:
    program = "import resource\nfrom usage_tracker.cli import main\n"
    check = "assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0"
    tried = f"{program}try:\n    main()\nfinally:\n    {check}"
    done = subprocess.run([sys.executable, "-c", tried, "--version"], check=False)
    assert done.returncode == 0
