"""The command line: parse, call, print."""

import gc
import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import NoReturn

GC_THRESHOLD = 200_000
SIGNALLED = 128
"""Added to a signal's number, it is the exit code of a shell's command that it ended."""


def main() -> None:
    """Run `tracker`."""
    # A command makes hardly any garbage. To collect it while modules are imported, and again
    # through all of them at exit, took a quarter of the time of `status`.
    gc.set_threshold(GC_THRESHOLD)
    _replace_closed_streams()
    _end_by_exception()
    _dump_no_core()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a locale may lack a character
    try:
        from usage_tracker.cli.root import tracker

        tracker(prog_name="tracker")
    except KeyboardInterrupt:  # before or after the root group handles errors
        sys.exit(130)
    finally:
        gc.freeze()


def _end_by_exception() -> None:
    """Let SIGTERM and SIGHUP end the program as Ctrl-C does: half-written files are removed.

    A second signal ends it at once.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP
            signal.signal(number, _end)


def _dump_no_core() -> None:
    """Write no memory, which may hold a key, to a file if the program crashes."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _end(number: int, _frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    sys.exit(SIGNALLED + number)


def _replace_closed_streams() -> None:
    """Open /dev/null for closed standard streams, so that no other file gets their descriptors.

    What is written to a closed stderr is lost. Writing to a closed stdout must fail: it is
    opened read-only.
    """
    modes = {
        "stdin": ("r", os.O_RDONLY),
        "stdout": ("w", os.O_RDONLY),
        "stderr": ("w", os.O_WRONLY),
    }
    for name, (mode, access) in modes.items():
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, access)
            setattr(sys, name, open(descriptor, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
