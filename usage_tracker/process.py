"""Other programs, run without a shell and to a deadline, at which their children end too."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence


def finish(
    argv: Sequence[str],
    seconds: float,
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    deaf: bool = False,
) -> "subprocess.CompletedProcess[bytes]":
    """Run `argv` and wait for it, at most `seconds`; then it and its children are killed.

    `env` is the whole environment; without it, this process's own. If `deaf`, what it
    complains about is lost, and a child that it leaves behind may hold stderr open.

    Raises:
        OSError, ValueError: It cannot be started.
        TimeoutExpired: It took longer.
    """
    process = subprocess.Popen(  # noqa: S603 (the caller's words, and no shell that reads them)
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if deaf else subprocess.PIPE,
        env=None if env is None else dict(env),
        cwd=cwd,
        start_new_session=True,
    )
    with process:
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except BaseException:
            _kill(process)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err or b"")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    # The whole group: a child that holds the pipe open may have outlived its parent.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
