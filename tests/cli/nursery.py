"""Processes of `tracker snapshot` without the half second that their imports would take.

A process that has imported everything forks one for each run, so that a test can
afford many, and a kill hits the work rather than the imports.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import os, sys
import alembic.command, usage_tracker.cli.root, usage_tracker.recording
import usage_tracker.cli.commands.snapshot, usage_tracker.store.migration
import sqlalchemy.dialects.sqlite
from usage_tracker.cli import main
for line in sys.stdin:
    word, value = line.rstrip().split(" ", 1)
    if word == "wait":
        print(os.waitstatus_to_exitcode(os.waitpid(int(value), 0)[1]), flush=True)
        continue
    child = os.fork()
    if not child:
        os.dup2(os.open(value, os.O_WRONLY | os.O_CREAT, 0o600), 1)
        sys.argv = ["tracker", "snapshot", "--json"]
        main()
    print(child, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A process, and the file that its stdout goes to."""

    pid: int
    output: Path


class Nursery:
    """Starts snapshots and waits for them."""

    def __init__(self, parent: "subprocess.Popen[str]", folder: Path) -> None:
        self._parent = parent
        self._folder = folder
        self._started = 0

    def start(self) -> Run:
        """Begin a snapshot."""
        self._started += 1
        output = self._folder / f"{self._started}.json"
        return Run(self._ask(f"start {output}"), output)

    def wait(self, run: Run) -> int:
        """The exit code of `run`, once it has ended; the negative signal if that ended it."""
        return self._ask(f"wait {run.pid}")

    def time(self) -> float:
        """The seconds that a snapshot takes here."""
        begun = time.monotonic()
        assert self.wait(self.start()) == 0
        return time.monotonic() - begun

    def _ask(self, line: str) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{line}\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery whose runs write into `folder`."""
    program = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        yield Nursery(parent, folder)
        assert parent.stdin is not None
        parent.stdin.close()
