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
    """Let nothing else become a standard stream.

    Nobody hears what is said to a closed stderr. Data that a closed stdout cannot take is
    missed: it is opened so that writing to it fails.
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
