"""The user's crontab: one line, known by the mark at its end, replaced where it stands.

cron gives a command to /bin/sh and turns each `%` that has no backslash into a new line.
"""

import os
import re
import shlex
import shutil
import socket
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

from usage_tracker.monitoring.command import Ended, run
from usage_tracker.schedule.interval import Interval
from usage_tracker.schedule.job import Job, prepare_log
from usage_tracker.schedule.scheduler import (
    MARK,
    Change,
    Kind,
    SchedulerFailedError,
    backup,
    refuse,
)

PATH = "/usr/bin:/bin"
_DAEMONS = {"cron", "crond", "cronie", "fcron", "dcron"}
_SETTING = re.compile(
    r"""^[ \t]*["']?([A-Za-z_]\w*)["']?[ \t]*=[ \t]*["']?(.*?)["']?[ \t]*$""", re.MULTILINE
)


class Crontab:
    """The crontab of the user who runs this; `backups` is where it is kept before each change."""

    kind: Kind = "cron"

    def __init__(self, backups: Path) -> None:
        self._backups = backups

    def preview(self, job: Job, every: Interval) -> str:
        """The line, its mark included."""
        refuse((*job.argv, str(job.log)), "\n\r\0\\")
        log = shlex.quote(str(job.log))
        # A failure is followed by the time; what went well says nothing.
        command = f"{shlex.join(job.argv)} >>{log} 2>&1 || date >>{log}"
        escaped = command.replace("%", r"\%")
        return f"{every.cron(_minute())} {escaped} {MARK}"

    def installed(self) -> str | None:
        """The marked line, unless somebody commented it out."""
        ours = filter(_is_ours, _lines(_read()))
        return next((line for line in ours if not line.lstrip().startswith("#")), None)

    def variables(self) -> Mapping[str, str]:
        """Cron's short PATH, and the environment variables that the crontab itself sets."""
        return {"PATH": PATH, **dict(_SETTING.findall(_read()))}

    def install(self, job: Job, every: Interval) -> Change:
        """Put the line where the last one was, else at the end."""
        line = self.preview(job, every)
        old = _read()
        lines = _lines(old)
        place = next((n for n, each in enumerate(lines) if _is_ours(each)), len(lines))
        rest = [each for each in lines if not _is_ours(each)]
        rest.insert(place, line)
        prepare_log(job)
        return self._write(old, rest)

    def concern(self) -> str | None:
        """That no cron daemon runs, if so."""
        if cron_runs() is not False:
            return None
        return "no cron daemon runs here: start it (`sudo systemctl enable --now cron`)"

    def remove(self) -> Change:
        """Take the line out; a crontab that held nothing else is removed."""
        old = _read()
        return self._write(old, [line for line in _lines(old) if not _is_ours(line)])

    def _write(self, old: str, lines: list[str]) -> Change:
        new = "".join(f"{line}\n" for line in lines)
        if lines == _lines(old):
            return Change(changed=False)
        kept = (backup(old, "crontab", self._backups),) if old else ()
        if new:
            _expect_ok("crontab -", run(["crontab", "-"], stdin=new))
        else:
            _expect_ok("crontab -r", run(["crontab", "-r"]))
        return Change(changed=True, backups=kept)


def cron_runs(processes: Path = Path("/proc")) -> bool | None:
    """Whether a cron daemon is among the `processes`; None where that cannot be seen."""
    if sys.platform == "darwin" or not (processes / "self").exists():
        return None
    return any(_name(process) in _DAEMONS for process in processes.glob("[0-9]*"))


def has_crontab() -> bool:
    """Whether the machine has the command `crontab`."""
    return shutil.which("crontab") is not None


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:  # it has ended since
        return ""


def _lines(text: str) -> list[str]:
    # splitlines() would also split at form feeds and the like, which are not ours to change.
    return text.removesuffix("\n").split("\n") if text else []


def _is_ours(line: str) -> bool:
    return line.rstrip().endswith(MARK)


def _read() -> str:
    listed = run(["crontab", "-l"])
    if not listed.ok and "no crontab" in listed.err.lower():
        return ""
    _expect_ok("crontab -l", listed)
    return listed.out


def _expect_ok(command: str, ended: Ended) -> None:
    if not ended.ok:
        raise SchedulerFailedError(command, ended)


def _minute() -> int:
    """A minute of the hour of this user's own, so that not all the world calls at the full hour."""
    return zlib.crc32(f"{socket.gethostname()}/{os.getuid()}".encode()) % 60
