"""Subprocesses, run without a shell: a deadline, limited output, and no child left behind.

Output is limited while it is read. A program's whole process group is killed when the
program has ended, failed or used up its time. It gets no key from
this process's environment (see `environment`).
"""

import contextlib
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, cast

from usage_tracker.environment import child_environment

LIMIT = 64 * 1024
"""The most bytes that a program may write to stdout; of stderr the rest is dropped."""

_KILL_SECONDS = 1.0
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


class OutputTooLargeError(ValueError):
    """A program that writes more than LIMIT bytes to stdout."""

    def __init__(self) -> None:
        super().__init__(f"more than {LIMIT // 1024} KiB of output")


def run(
    argv: Sequence[str],
    seconds: float,
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    discard_stdout: bool = False,
    discard_stderr: bool = False,
) -> "subprocess.CompletedProcess[bytes]":
    """Run `argv`; after at most `seconds` kill its process group.

    `env` replaces this process's environment without its keys. A background child that
    holds an output open is waited for, unless that output is discarded.

    Raises:
        OSError, ValueError: The program cannot be started.
        OutputTooLargeError: It wrote more than LIMIT bytes to stdout.
        TimeoutExpired: It took longer than `seconds`.
    """
    end = time.monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603 (the words are the caller's, and no shell reads them)
        list(argv),
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL if discard_stdout else subprocess.PIPE,
        stderr=subprocess.DEVNULL if discard_stderr else subprocess.PIPE,
        env=child_environment() if env is None else dict(env),
        cwd=cwd,
        start_new_session=True,
    )
    try:
        out, err = _exchange(process, stdin, end)
        code = process.wait(max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise subprocess.TimeoutExpired(argv, seconds) from None
    finally:
        _end(process)
    return subprocess.CompletedProcess(argv, code, out, err)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process group: a child that holds a pipe open may have outlived its parent."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
        pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):  # a set-uid program cannot be killed
        process.wait(_KILL_SECONDS)


def _exchange(process: "subprocess.Popen[bytes]", stdin: bytes, end: float) -> tuple[bytes, bytes]:
    """Write `stdin` and return what the program writes to stdout and stderr until it closes them.

    Raises OutputTooLargeError, or TimeoutExpired at `end` (monotonic clock).
    """
    received = {pipe: bytearray() for pipe in (process.stdout, process.stderr) if pipe}
    unsent = memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        for output in received:
            selector.register(output, selectors.EVENT_READ)
        if process.stdin is not None:
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(max(0.0, end - time.monotonic()))
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired(process.args, 0)
            for key, _ in ready:
                pipe = cast("IO[bytes]", key.fileobj)
                if pipe is process.stdin:
                    unsent = _write_some(key.fd, unsent)
                    ended = not unsent
                else:
                    ended = _read_some(key.fd, received[pipe])
                    if pipe is process.stdout and len(received[pipe]) > LIMIT:
                        raise OutputTooLargeError
                if ended:
                    selector.unregister(pipe)
                    pipe.close()
    outputs = (received[pipe] if pipe else b"" for pipe in (process.stdout, process.stderr))
    return bytes(next(outputs)), bytes(next(outputs))


def _write_some(descriptor: int, unsent: memoryview) -> memoryview:
    """Write what a ready pipe takes without waiting; return the rest, none if nobody reads."""
    try:
        return unsent[os.write(descriptor, unsent[: select.PIPE_BUF]) :]
    except BrokenPipeError:
        return unsent[:0]


def _read_some(descriptor: int, received: bytearray) -> bool:
    """Add what a ready pipe holds to `received`, LIMIT + 1 bytes at most; return if it ended."""
    chunk = os.read(descriptor, LIMIT)
    received += chunk[: LIMIT + 1 - len(received)]
    return not chunk


def run_text(
    argv: Sequence[str],
    stdin: str = "",
    seconds: float = 20,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Result:
    """Run `argv` as `run` does, with text input and output; raise no exception.

    Without `env`, the environment is this process's own, without keys, with English messages. Bytes
    that are not UTF-8 are passed through unchanged.
    """
    data = stdin.encode("utf-8", "surrogateescape")
    environ = {**child_environment(), "LC_ALL": "C"} if env is None else env
    try:
        done = run(argv, seconds, stdin=data, env=environ, cwd=cwd)
    except (OSError, ValueError) as error:
        return Result(COULD_NOT_START, "", str(error))
    except subprocess.TimeoutExpired:
        return Result(TIMED_OUT, "", f"no answer within {seconds:g} s")
    return Result(done.returncode, _decode(done.stdout), _decode(done.stderr))


def _decode(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
