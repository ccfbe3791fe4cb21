"""Runs of the program: warm ones, forked from a process that has imported it, and cold ones.

A run takes its environment from the test's, as a subprocess does.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROGRAM = Path(__file__).with_name("warm_program.py")
CLEAR = 600
"""Characters; a line that is longer is not clear."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run left: its exit code (negative: the signal that ended it) and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it; otherwise it was done before the signal came."""
        return self.code == -signal.SIGKILL

    def complains(self, code: int, *words: str) -> None:
        """Assert one clear line on stderr with all of `words` in it, and this exit code.

        A note may precede it.
        """
        told = [line for line in self.err.splitlines() if not line.startswith("note: ")]
        assert self.code == code, self
        assert len(told) == 1, self
        assert told[0].startswith("tracker: "), self
        assert len(told[0]) <= CLEAR, self
        assert "a bug in this program" not in told[0], self
        for word in words:
            assert word in told[0], self

    def succeeds(self) -> None:
        """Assert that all went well, and that there was nothing to complain about."""
        assert self.code == 0, self
        assert "tracker:" not in self.err, self


@dataclass(frozen=True, slots=True)
class Run:
    """A process, and where its streams end."""

    pid: int
    out: Path
    err: Path

    def kill(self) -> None:
        """End it at once, wherever it is."""
        os.kill(self.pid, signal.SIGKILL)


class Warm:
    """Starts warm runs of the program, whose streams go to files in `folder`."""

    def __init__(self, parent: "subprocess.Popen[str]", folder: Path) -> None:
        self._parent = parent
        self._folder = folder
        self._started = 0

    def start(
        self,
        *words: object,
        stdin: str | Path = os.devnull,
        stdout: str | Path | None = None,
        clock: int = 0,
        room: int | None = None,
        nobody: bool = False,
    ) -> Run:
        """Begin `tracker *words`.

        Its clock may be wrong by `clock` ms, its files may grow to `room` bytes, and it may
        run as `nobody`, whom root's rights do not help.
        """
        self._started += 1
        name = self._folder / str(self._started)
        out, err = Path(stdout or f"{name}.out"), Path(f"{name}.err")
        out.touch()  # a kill may come before the run itself does so
        err.touch()
        pid = self._order(
            words=list(map(str, words)),
            environment=dict(os.environ),
            folder=str(Path.cwd()),
            streams=[str(stdin), str(out), str(err)],
            clock=clock,
            room=room,
            nobody=nobody,
        )
        return Run(pid, out, err)

    def end(self, run: Run) -> Ending:
        """Wait for `run`."""
        code = self._order(wait=run.pid)
        out = run.out.read_text() if run.out.is_file() else ""
        return Ending(code, out, run.err.read_text())

    def run(self, *words: object, **how: "str | Path | int") -> Ending:
        """Run `tracker *words` to its end."""
        return self.end(self.start(*words, **how))  # type: ignore[arg-type]

    def together(self, *commands: str) -> list[Ending]:
        """The endings of several commands, each a line of words, that run at once."""
        return [self.end(run) for run in [self.start(*words.split(" ")) for words in commands]]

    def length(self, *words: object) -> float:
        """The seconds that `tracker *words` takes here."""
        begun = time.monotonic()
        self.run(*words).succeeds()
        return time.monotonic() - begun

    def run_and_kill(self, moments: Sequence[float], *words: object) -> list[Ending]:
        """As many runs at once as there are `moments`, each killed so many seconds later."""
        begun = [(self.start(*words), time.monotonic() + moment) for moment in moments]
        for run, moment in sorted(begun, key=lambda one: one[1]):
            time.sleep(max(0.0, moment - time.monotonic()))
            run.kill()
        return [self.end(run) for run, _ in begun]

    def _order(self, **order: object) -> int:
        stdin, stdout = _pipes(self._parent)
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        return int(stdout.readline())


@contextmanager
def warm(folder: Path) -> Iterator[Warm]:
    """The process that warm runs are forked from."""
    # Not measured: what is killed, or leaves without looking back, keeps no record of itself.
    environment = {n: value for n, value in os.environ.items() if not n.startswith("COVERAGE_")}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    with subprocess.Popen(
        [sys.executable, PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as parent:
        yield Warm(parent, folder)
        _pipes(parent)[0].close()


def begin(*words: object) -> "subprocess.Popen[str]":
    """`tracker *words` as a user would begin it, imports and all."""
    return subprocess.Popen(
        [sys.executable, "-m", "usage_tracker", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> Ending:
    """Wait for a cold run."""
    with process:
        out, err = process.communicate(timeout=60)
    return Ending(process.returncode, out, err)


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
