"""One line of the user's crontab, identified by the marker at its end.

cron passes the command to /bin/sh and turns each `%` without a backslash into a newline.
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

from usage_tracker import fs
from usage_tracker.process import run_text
from usage_tracker.schedule.job import Interval, Job
from usage_tracker.schedule.scheduler import (
    MARKER,
    Change,
    Kind,
    backup,
    file_errors,
    require_success,
    require_without,
)

PATH = "/usr/bin:/bin"
_DAEMONS = {"cron", "crond", "cronie", "fcron", "dcron"}
_SETTING = re.compile(
    r"""^[ \t]*["']?([A-Za-z_]\w*)["']?[ \t]*=[ \t]*["']?(.*?)["']?[ \t]*$""", re.MULTILINE
)


class Crontab:
    """The crontab of the current user; `backups` is the directory for replaced versions."""

    kind: Kind = "cron"

    def __init__(self, backups: Path) -> None:
        self._backups = backups

    def preview(self, job: Job, every: Interval) -> str:
        """Return the line with its marker."""
        require_without((*job.argv, str(job.log)), "\n\r\0\\")
        log = shlex.quote(str(job.log))
        # With --quiet only errors are written; the time follows each. A program that does not
        # start has another exit code than a failed snapshot: what is printed then is mailed.
        mailed = f"echo 'usage-tracker: no snapshot, see' {log}"
        failed = f"s=$?; date >>{log}; case $s in 6?|7?) ;; *) {mailed};; esac"
        command = f"{shlex.join(job.argv)} >>{log} 2>&1 || {{ {failed}; }}"
        escaped = command.replace("%", r"\%")
        return f"{every.cron(_minute())} {escaped} {MARKER}"

    def installed(self) -> str | None:
        """Return the marked line, None if it is missing or commented out."""
        ours = filter(_is_ours, _lines(_read()))
        return next((line for line in ours if not line.lstrip().startswith("#")), None)

    def variables(self) -> Mapping[str, str]:
        """Return cron's PATH and the environment variables that the crontab sets."""
        return {"PATH": PATH, **dict(_SETTING.findall(_read()))}

    def install(self, job: Job, every: Interval) -> Change:
        """Replace the line, or append it."""
        line = self.preview(job, every)
        old = _read()
        lines = _lines(old)
        index = next((n for n, each in enumerate(lines) if _is_ours(each)), len(lines))
        rest = [each for each in lines if not _is_ours(each)]
        rest.insert(index, line)
        _create_log(job.log)
        return self._write(old, rest)

    def concern(self) -> str | None:
        """Return a message if no cron daemon runs."""
        if cron_runs() is not False:
            return None
        return "no cron daemon is running: start it (`sudo systemctl enable --now cron`)"

    def remove(self) -> Change:
        """Remove the line, and a crontab that is empty then."""
        old = _read()
        return self._write(old, [line for line in _lines(old) if not _is_ours(line)])

    def _write(self, old: str, lines: list[str]) -> Change:
        new = "".join(f"{line}\n" for line in lines)
        if lines == _lines(old):
            return Change(changed=False)
        backups = (backup(old, "crontab", self._backups),) if old else ()
        if new:
            require_success("crontab -", run_text(["crontab", "-"], stdin=new))
        else:
            require_success("crontab -r", run_text(["crontab", "-r"]))
        return Change(changed=True, backups=backups)


def cron_runs(processes: Path = Path("/proc")) -> bool | None:
    """Return whether a cron daemon is among the `processes`, None if that is unknown."""
    if sys.platform == "darwin" or not (processes / "self").exists():
        return None
    return any(_name(process) in _DAEMONS for process in processes.glob("[0-9]*"))


def has_crontab() -> bool:
    """Return whether the machine has the command `crontab`."""
    return shutil.which("crontab") is not None


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:  # the process has ended
        return ""


def _lines(text: str) -> list[str]:
    # splitlines() would also split at form feeds and the like, and so change other lines.
    return text.removesuffix("\n").split("\n") if text else []


def _is_ours(line: str) -> bool:
    return line.rstrip().endswith(MARKER)


def _read() -> str:
    listed = run_text(["crontab", "-l"])
    if not listed.ok and "no crontab" in listed.stderr.lower():
        return ""
    require_success("crontab -l", listed)
    return listed.stdout


def _create_log(log: Path) -> None:
    """Create the log with private permissions, before a shell creates it with others."""
    with file_errors(log):
        fs.make_directories(log.parent)
        os.close(os.open(log, os.O_CREAT | os.O_WRONLY, fs.PRIVATE))


def _minute() -> int:
    """Return a minute that depends on machine and user, to spread the load on the gateway."""
    return zlib.crc32(f"{socket.gethostname()}/{os.getuid()}".encode()) % 60
