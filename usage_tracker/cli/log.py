"""The log of scheduled runs: stderr, where it is the file that the scheduler appends to.

Each line in it has a date. From LIMIT bytes on it is renamed, and takes the place of the
log that was renamed before.
"""

import os
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

LIMIT: Final = 1024 * 1024


@cache
def path() -> Path | None:
    """Return the log, if stderr is it."""
    from usage_tracker.config.paths import log_path

    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return None
    # By its name, too: XDG_STATE_HOME may be set where the schedule was made, and not here.
    named = Path(os.path.realpath(f"/proc/self/fd/{sys.stderr.fileno()}"))
    logs = (log_path(), named) if named.parts[-2:] == log_path().parts[-2:] else (log_path(),)
    for log in logs if stat.S_ISREG(found.st_mode) else ():
        with suppress(OSError):
            if os.path.samestat(log.stat(), found):
                return log
    return None


def dated(text: str) -> str:
    """Return `text` for stderr: with the time before each line, if that is the log."""
    if path() is None:
        return text
    from usage_tracker.times import iso, now_ms

    now = iso(now_ms())
    return "\n".join(f"{now} {line}" for line in text.split("\n"))


def rotate() -> None:
    """Rename a log of more than LIMIT bytes; the next run begins a new one."""
    log = path()
    if log is None:
        return
    with suppress(OSError):
        found = log.stat()
        # Not if another run has renamed it since: its place may be taken.
        if found.st_size > LIMIT and os.path.samestat(found, os.fstat(sys.stderr.fileno())):
            log.replace(log.with_name(f"{log.name}.1"))
