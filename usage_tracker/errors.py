"""Base classes of all errors that the user sees as one line.

A subclass builds its own message: what is wrong and how to fix it. A command exits with
`exit_code`; `snapshot` and `init`, which call a gateway, with `sysexit` (see sysexits.h).
"""


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
