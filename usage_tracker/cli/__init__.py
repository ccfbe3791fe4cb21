"""The command line: parse, call, echo."""

import gc
import sys
from io import TextIOWrapper

_MANY = 200_000


def main() -> None:
    """The program `tracker`."""
    # Next to no garbage comes about in a command's short life. Looking for it while modules
    # are imported, and through all of them once more at the end, took a quarter of `status`.
    gc.set_threshold(_MANY)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a locale has no letter for is no defect
    try:
        from usage_tracker.cli.root import tracker

        tracker(prog_name="tracker")
    except KeyboardInterrupt:  # before or after the boundary stands
        sys.exit(130)
    finally:
        gc.freeze()
