"""Other programs: run without a shell, with a deadline, and never an exception for a bad end."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COULD_NOT_START = 127
TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code (as a shell would tell it) and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it ended well."""
        return self.code == 0

    @property
    def reason(self) -> str:
        """The first line of what it complained about, or its exit code."""
        return next(iter(self.err.strip().splitlines()), f"exit code {self.code}")[:200]


def run(
    argv: Sequence[str],
    stdin: str = "",
    seconds: float = 20,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Ended:
    """Run `argv` and wait for it, at most `seconds`; then it and its children are killed.

    `env` is the whole environment; without it, this process's own with English
    messages. Bytes that are not UTF-8 come and go unchanged.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - argv is ours or the user's own configuration
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            env={**os.environ, "LC_ALL": "C"} if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Ended(COULD_NOT_START, "", str(error))
    with process:
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            return Ended(TIMED_OUT, "", f"no answer within {seconds:g} s")
    return Ended(process.returncode, out, err)


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
