"""Whole processes, one at a time: how long one took, and how much memory it needed at most."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]

_KIB = 1024
_STOPWATCH = (sys.executable, "-I", "-S", Path(__file__).with_name("stopwatch.py"))


class FailedError(Exception):
    """A command that was to be measured did not succeed."""

    def __init__(self, command: Command, status: int, words: str) -> None:
        told = " ".join(map(str, command))
        super().__init__(f"{told}\nended with {status}: {words.strip() or 'without a word'}")


@dataclass(frozen=True, slots=True)
class Run:
    """One process from its start to its end; `peak` is its highest resident memory in bytes."""

    seconds: float
    peak: int


def run(command: Command, environment: Mapping[str, str], output: Path = Path(os.devnull)) -> Run:
    """Run `command`; what it writes to stdout goes to `output`.

    Raises:
        FailedError: it did not end with 0.
    """
    with (
        output.open("wb") as out,
        tempfile.TemporaryFile() as errors,
        tempfile.TemporaryFile() as told,
    ):
        subprocess.run(
            [*_STOPWATCH, str(told.fileno()), *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            pass_fds=[told.fileno()],
            check=True,
        )
        told.seek(0)
        seconds, status, peak = told.read().split()
        code = os.waitstatus_to_exitcode(int(status))
        errors.seek(0)
        words = errors.read().decode(errors="replace")
    if code:
        raise FailedError(command, code, words)
    return Run(float(seconds), int(peak) * _KIB)


def slowest(commands: Sequence[Command], environment: Mapping[str, str]) -> Run:
    """Run each of `commands`: the longest time and the most memory that one of them took."""
    runs = [run(command, environment) for command in commands]
    return Run(max(one.seconds for one in runs), max(one.peak for one in runs))
