"""The command line: parse, call, echo."""

import gc
import os
import sys
from io import TextIOWrapper

_MANY = 200_000


def main() -> None:
    """The program `tracker`."""
    # Next to no garbage comes about in a command's short life. Looking for it while modules
    # are imported, and through all of them once more at the end, took a quarter of `status`.
    gc.set_threshold(_MANY)
    _open_what_is_closed()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a locale has no letter for is no defect
    try:
        from usage_tracker.cli.root import tracker

        tracker(prog_name="tracker")
    except KeyboardInterrupt:  # before or after the boundary stands
        sys.exit(130)
    finally:
        gc.freeze()


def _open_what_is_closed() -> None:
    """Whoever starts the program with a closed stream wants to hear nothing of it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
