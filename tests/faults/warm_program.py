"""The program, imported once: each order on stdin forks a run of it, or waits for one.

A run is the real command path, from `main()` to the exit code. It only does without the
half second of imports before it and the taking down of the interpreter after it, so that
a test can afford hundreds, and so that kills hit the work. The tests' side of it is
`tests.faults.warm`.
"""

import datetime as dt
import gc
import json
import os
import pkgutil
import resource
import signal
import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NoReturn

import usage_tracker
from usage_tracker import times
from usage_tracker.cli import main

HUNG = 60
"""Seconds after which a run is taken to hang, and ended by SIGALRM."""

NOBODY = 65534

_DRAWING = ("door", "charts", "__main__")


def import_everything() -> None:
    """All but matplotlib, which nothing here uses."""
    for name in ("sqlalchemy.dialects.sqlite", "encodings.ascii", "encodings.utf_8_sig"):
        import_module(name)
    for module in pkgutil.walk_packages(usage_tracker.__path__, "usage_tracker."):
        if not any(word in module.name for word in _DRAWING):
            import_module(module.name)


def shift_clock(milliseconds: int) -> None:
    """Let the machine's clock be wrong by so much."""
    wrong = dt.timedelta(milliseconds=milliseconds)

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.now(tz) + wrong

    vars(times)["dt"] = SimpleNamespace(**vars(dt) | {"datetime": Clock})


def become(order: dict[str, Any]) -> None:
    """Turn this child into the run that `order` describes."""
    signal.alarm(HUNG)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    for number, name in enumerate(order["streams"]):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
    if order["clock"]:
        shift_clock(order["clock"])
    if order["room"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["room"], order["room"]))
    if order["nobody"]:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    sys.argv = ["tracker", *order["words"]]


def exit_code() -> int:
    """Run the command."""
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def leave(code: int) -> NoReturn:
    """End the process: to take the interpreter down touches, and so copies, all of its memory."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """Obey the orders on stdin until there are no more."""
    import_everything()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201
            continue
        child = os.fork()
        if not child:
            become(order)
            leave(exit_code())
        print(child, flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
