"""Whole processes, one at a time: how long one took, and how much memory it needed at most."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]

_KIB = 1024


class FailedError(Exception):
    """A command that was to be measured did not succeed."""

    def __init__(self, command: Command, status: int, words: str) -> None:
        told = " ".join(map(str, command))
        super().__init__(f"{told}\nended with {status}: {words.strip() or 'without a word'}")


@dataclass(frozen=True, slots=True)
class Run:
    """One process from its start to its end.

    `peak` is its highest resident memory in bytes, but never less than that of the process
    that measures, of which it was a copy for a moment.
    """

    seconds: float
    peak: int


def run(command: Command, environment: Mapping[str, str], output: Path = Path(os.devnull)) -> Run:
    """Run `command`; what it writes to stdout goes to `output`.

    Raises:
        FailedError: it did not end with 0.
    """
    with output.open("wb") as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        words = errors.read().decode(errors="replace")
    if process.returncode:
        raise FailedError(command, process.returncode, words)
    return Run(seconds, usage.ru_maxrss * _KIB)


def slowest(commands: Sequence[Command], environment: Mapping[str, str]) -> Run:
    """Run each of `commands`: the longest time and the most memory that one of them took."""
    runs = [run(command, environment) for command in commands]
    return Run(max(one.seconds for one in runs), max(one.peak for one in runs))
