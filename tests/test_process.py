import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from usage_tracker import environment
from usage_tracker.environment import withhold
from usage_tracker.process import COULD_NOT_START, LIMIT, OutputTooLargeError, run, run_text

LEAVES_A_CHILD = "sleep 15 {} & echo done"
FLOODS = {
    "a line": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "short lines": "while True: print('y')",
    "after a while": "import os, time\ntime.sleep(.3)\nwhile True: os.write(1, b'x' * 9999)",
    "a child of its own": "import os\nos.fork()\nwhile True: os.write(1, b'x' * 65536)",
}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_input_output_and_exit_code_are_passed_through() -> None:
    done = run(["sh", "-c", "cat; echo why >&2; exit 3"], 10, stdin=b"caf\xe9\r\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"caf\xe9\r\n", b"why\n")


def test_a_large_input_that_a_program_does_not_read_is_dropped() -> None:
    assert run(["true"], 10, stdin=b"x" * 10**6).returncode == 0


def test_the_deadline_ends_the_children_too() -> None:
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sh", "-c", LEAVES_A_CHILD.format("")], 0.3)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "program",
    ["exec >&- 2>&-; sleep 15", "kill -STOP $$", "trap '' TERM; sleep 15", "sleep 15 | cat"],
)
def test_a_program_that_does_not_end_is_killed_at_the_deadline(program: str) -> None:
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sh", "-c", program], 0.3)
    assert time.monotonic() - began < 5


def test_discarding_stderr_does_not_wait_for_a_child_that_holds_it_open() -> None:
    done = run(["sh", "-c", LEAVES_A_CHILD.format(">/dev/null")], 10, discard_stderr=True)
    assert (done.stdout, done.stderr) == (b"done\n", b"")


def test_children_that_outlive_a_program_are_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    run(["sh", "-c", f"sleep 15 >/dev/null 2>&1 & echo $! > {note}"], 10)
    state = Path(f"/proc/{note.read_text().strip()}/stat")
    for _ in range(50):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child is still running")


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_program_that_floods_stdout_is_killed_at_once(flood: str) -> None:
    began = time.monotonic()
    with pytest.raises(OutputTooLargeError, match="more than 64 KiB"):
        run(python(flood), 30)
    assert time.monotonic() - began < 10
    assert run_text(python(flood), seconds=30).exit_code == COULD_NOT_START


def test_the_largest_output_is_returned_whole() -> None:
    assert len(run(python(f"print('x' * {LIMIT - 1})"), 10).stdout) == LIMIT
    assert run(python(f"print('x' * {LIMIT * 9})"), 10, discard_stdout=True).stdout == b""


def test_a_flood_of_stderr_is_cut() -> None:
    noisy = "import sys\nsys.stderr.write('x' * 10**6)\nprint('token')"
    done = run(python(noisy), 10)
    assert done.stdout == b"token\n"
    assert LIMIT <= len(done.stderr) <= LIMIT + 1


@pytest.mark.parametrize("program", ["/nowhere/x", "a\0b"])
def test_a_program_that_cannot_be_started_is_an_error(program: str) -> None:
    with pytest.raises((OSError, ValueError)):
        run([program], 1)


def test_no_program_gets_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_withheld", set())
    monkeypatch.setenv("WORK_KEY", "hush")
    show = ["sh", "-c", "echo $WORK_KEY"]
    assert run(show, 10).stdout == b"hush\n"
    withhold(["WORK_KEY"])
    assert run(show, 10).stdout == b"\n"
    assert run_text(show).stdout == "\n"
    assert run(show, 10, env=dict(os.environ)).stdout == b"hush\n"


def test_no_file_descriptor_is_left() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for command in (["true"], ["sh", "-c", "sleep 9"], python(FLOODS["a line"])):
        for _ in range(3):
            run_text(command, seconds=0.3)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
