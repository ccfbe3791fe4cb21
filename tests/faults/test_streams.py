"""Standard streams that are full, closed, or left by who read them; and devices as files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.warm import Warm

COMMANDS = ("status", "report", "history", "events", "export -", "config", "db path", "accounts")

pytestmark = pytest.mark.usefixtures("history")


@pytest.fixture
def history(program: Warm, database: Path, tmp_path: Path) -> Path:
    source = tmp_path / "good.csv"
    rows = "".join(f"{1764500000 + at},{10**9 + at},5\n" for at in range(3000))
    source.write_text(f"captured_at,quota,used_quota\n{rows}")
    program.run("import", source).succeeds()
    return database


def shell(command: str) -> "subprocess.CompletedProcess[str]":
    """What a shell makes of `command`, in which `tracker` is the program."""
    tracker = f"'{sys.executable}' -m usage_tracker"
    return subprocess.run(
        ["sh", "-c", command.replace("tracker", tracker)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
def test_output_that_nothing_takes_is_told(program: Warm) -> None:
    for words in COMMANDS:
        ending = program.run(*words.split(), stdout="/dev/full")
        ending.complains(1, "cannot write the output: No space left on device")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("words", "code"), [("report --help", 1), ("db path -h", 1), ("check -h", 3), ("check", 3)]
)
def test_neither_is_a_help_that_nothing_takes_a_defect(words: str, code: int) -> None:
    for stdout in (">/dev/full", ">&-"):
        done = shell(f"tracker {words} {stdout}")
        assert done.returncode == code
        assert done.stderr.startswith("tracker: cannot write the output: ")
        assert done.stderr.count("\n") == 1


def test_a_check_that_nobody_reads_is_no_warning() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as pipe:
        ending = subprocess.run(
            [sys.executable, "-m", "usage_tracker", "check"], stdout=pipe, check=False, timeout=60
        )
    assert ending.returncode == 3


@pytest.mark.parametrize("words", ["report", "export -", "--help"])
def test_only_a_closed_stdout_is_missed(words: str) -> None:
    done = shell(
        f"tracker {words} <&- 2>&- >/dev/null; echo $?; tracker {words} <&- >&- 2>&-; echo $?"
    )
    assert (done.stdout, done.stderr) == ("0\n1\n", "")


def test_a_reader_who_leaves_is_not_complained_about() -> None:
    done = shell("tracker export - | head -1")
    assert done.stdout.startswith('{"schema"')
    assert done.stderr == ""


def test_an_export_into_a_pipe_leaves_it_a_pipe(program: Warm, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = program.start("export", "--format", "csv", pipe)
    text = pipe.read_text()
    program.end(run).succeeds()
    assert len(text.splitlines()) == 3001
    assert pipe.is_fifo()
