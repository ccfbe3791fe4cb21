"""Everything that can go wrong and is told to the user in one line.

An error builds its own message (what is wrong, how to cure it) and knows its
exit code: `exit_code` for every command, `sysexit` for the commands that
capture, whose caller is cron (see sysexits.h).
"""


class TrackerError(Exception):
    """The one ancestor; the command line turns it into one line on stderr."""

    exit_code = 1
    sysexit = 1


class MisuseError(TrackerError):
    """The call does not make sense: a name that is not there, a time that is none."""

    exit_code = 2
    sysexit = 2


class NoHistoryError(TrackerError):
    """There is no history, or not enough of it, to answer."""

    exit_code = 3
    sysexit = 3


class ConfigError(TrackerError):
    """Nothing, or nonsense, is configured."""

    sysexit = 78


class DatabaseError(TrackerError):
    """The database could not be opened, read or written."""

    sysexit = 74
