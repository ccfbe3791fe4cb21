"""Subprocesses, run without a shell and with a deadline that also ends their children."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COULD_NOT_START = 127
TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Result:
    """A program's exit code (as a shell reports it) and its output."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0

    @property
    def reason(self) -> str:
        """The first line of stderr, or the exit code."""
        lines = self.stderr.strip().splitlines()
        return next(iter(lines), f"exit code {self.exit_code}")[:200]


def run(
    argv: Sequence[str],
    seconds: float,
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    discard_stderr: bool = False,
) -> "subprocess.CompletedProcess[bytes]":
    """Run `argv`; after `seconds` kill it and its children.

    `env` replaces this process's environment. With `discard_stderr`, a background child
    that holds stderr open is not waited for.

    Raises:
        OSError, ValueError: The program cannot be started.
        TimeoutExpired: It took longer than `seconds`.
    """
    process = subprocess.Popen(  # noqa: S603 (the words are the caller's, and no shell reads them)
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if discard_stderr else subprocess.PIPE,
        env=None if env is None else dict(env),
        cwd=cwd,
        start_new_session=True,
    )
    with process:
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except BaseException:
            # The whole group: a child that holds the pipe open may have outlived its parent.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err or b"")


def run_text(
    argv: Sequence[str],
    stdin: str = "",
    seconds: float = 20,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Result:
    """Run `argv` as `run` does, with text input and output; raise no exception.

    Without `env`, the environment is this process's own with English messages. Bytes
    that are not UTF-8 are passed through unchanged.
    """
    data = stdin.encode("utf-8", "surrogateescape")
    environ = {**os.environ, "LC_ALL": "C"} if env is None else env
    try:
        done = run(argv, seconds, stdin=data, env=environ, cwd=cwd)
    except (OSError, ValueError) as error:
        return Result(COULD_NOT_START, "", str(error))
    except subprocess.TimeoutExpired:
        return Result(TIMED_OUT, "", f"no answer within {seconds:g} s")
    return Result(done.returncode, _decode(done.stdout), _decode(done.stderr))


def _decode(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
