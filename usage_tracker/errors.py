"""Base classes of all errors that the user sees as one line.

A subclass builds its own message: what is wrong and how to fix it. A command exits with
`exit_code`; `snapshot` and `init`, which call a gateway, with `sysexit` (see sysexits.h).
"""

from pathlib import Path
from typing import Final

DEBUG: Final = "TRACKER_DEBUG"
"""The environment variable that shows tracebacks of bugs."""


class TrackerError(Exception):
    """The common base class; the command line prints its message and exits."""

    exit_code = 1
    sysexit = 1


class MisuseError(TrackerError):
    """Invalid arguments, such as an unknown name or an unreadable time."""

    exit_code = 2
    sysexit = 2


class NoHistoryError(TrackerError):
    """No history, or too little of it."""

    exit_code = 3
    sysexit = 3


class ConfigError(TrackerError):
    """A missing or invalid configuration."""

    sysexit = 78


class DatabaseError(TrackerError):
    """A database that cannot be opened, read or written."""

    sysexit = 74


class UnexpectedError(TrackerError):
    """A bug, named by its place: its own message might contain anything, a token included."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"a bug in this program ({type(error).__name__} in {_place(error)}): please "
            f"report it to its maintainers; {DEBUG}=1 shows more"
        )
        self.__cause__ = error


def _place(error: BaseException) -> str:
    """Return the last line of this package in the traceback: `store/prune.py:77`."""
    package, place = Path(__file__).parent, "unknown:0"
    step = error.__traceback__
    while step is not None:
        file = Path(step.tb_frame.f_code.co_filename)
        if file.is_relative_to(package):
            place = f"{file.relative_to(package).as_posix()}:{step.tb_lineno}"
        step = step.tb_next
    return place
