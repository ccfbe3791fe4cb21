"""Other programs, with the text they get and give, and never an exception for a bad end."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from usage_tracker.process import finish

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
    given = stdin.encode("utf-8", "surrogateescape")
    environ = {**os.environ, "LC_ALL": "C"} if env is None else env
    try:
        done = finish(argv, seconds, stdin=given, env=environ, cwd=cwd)
    except (OSError, ValueError) as error:
        return Ended(COULD_NOT_START, "", str(error))
    except subprocess.TimeoutExpired:
        return Ended(TIMED_OUT, "", f"no answer within {seconds:g} s")
    return Ended(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(written: bytes) -> str:
    return written.decode("utf-8", "surrogateescape")
