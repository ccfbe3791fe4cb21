import subprocess
import time

import pytest

from usage_tracker.process import run

LEAVES_A_CHILD = "sleep 15 {} & echo done"


def test_input_output_and_exit_code_are_passed_through() -> None:
    done = run(["sh", "-c", "cat; echo why >&2; exit 3"], 10, stdin=b"caf\xe9\r\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"caf\xe9\r\n", b"why\n")


def test_the_deadline_ends_the_children_too() -> None:
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sh", "-c", LEAVES_A_CHILD.format("")], 0.3)
    assert time.monotonic() - began < 10


def test_discarding_stderr_does_not_wait_for_a_child_that_holds_it_open() -> None:
    done = run(["sh", "-c", LEAVES_A_CHILD.format(">/dev/null")], 10, discard_stderr=True)
    assert (done.stdout, done.stderr) == (b"done\n", b"")


@pytest.mark.parametrize("program", ["/nowhere/x", "a\0b"])
def test_a_program_that_cannot_be_started_is_an_error(program: str) -> None:
    with pytest.raises((OSError, ValueError)):
        run([program], 1)
