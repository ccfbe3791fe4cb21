"""A systemd user service and the timer that starts it.

In `ExecStart=` a `%` starts a specifier and a `$` a variable; doubled they mean
themselves. Words are quoted as C strings.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from usage_tracker import fs
from usage_tracker.errors import TrackerError
from usage_tracker.monitoring.command import Ended, run
from usage_tracker.schedule.files import usable
from usage_tracker.schedule.interval import Interval
from usage_tracker.schedule.job import Job
from usage_tracker.schedule.scheduler import (
    MARK,
    Change,
    Kind,
    SchedulerFailedError,
    backup,
    refuse,
)
from usage_tracker.times import SECOND

NAME = "usage-tracker"
TIMER = f"{NAME}.timer"
SERVICE = f"{NAME}.service"
_WANTED = Path("timers.target.wants") / TIMER
_LARGEST_UNIT = 1024 * 1024
_LONGEST_DELAY = 300 * SECOND


class ForeignUnitError(TrackerError):
    """A unit of that name exists which this program did not write."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was not written by `tracker schedule`: move it away first")


class NoUserManagerError(TrackerError):
    """There is nobody to start the timer."""

    def __init__(self) -> None:
        super().__init__(
            "no systemd of yours answers here: log in as yourself (not by su or sudo), or use "
            "`tracker schedule install --with cron`"
        )


class UserTimer:
    """The units in the user's own unit directory; `backups` is where old ones are kept."""

    kind: Kind = "systemd"

    def __init__(self, backups: Path) -> None:
        self._backups = backups

    def preview(self, job: Job, every: Interval) -> str:
        """Both units, one after the other."""
        return "\n".join(f"# {name}\n{text}" for name, text in units(job, every).items())

    def installed(self) -> str | None:
        """Both units as they are on disk, if the timer is enabled."""
        paths = [unit_directory() / name for name in (SERVICE, TIMER)]
        if not all(map(_is_ours, paths)) or not run(_systemctl("is-enabled", TIMER)).ok:
            return None
        return "\n".join(f"# {path.name}\n{_content(path) or ''}" for path in paths)

    def install(self, job: Job, every: Interval) -> Change:
        """Write the units, then enable and start the timer."""
        wanted = {unit_directory() / name: text for name, text in units(job, every).items()}
        old = {path: _content(path) for path in wanted}
        if old == wanted and self.installed() is not None:
            return Change(changed=False)
        if not has_user_manager():
            raise NoUserManagerError
        kept = self._keep([path for path in wanted if old[path] != wanted[path]])
        try:
            _write(wanted)
            _call("daemon-reload")
            _call("enable", "--now", TIMER)
            _call("restart", TIMER)
        except BaseException:
            _undo(old)
            raise
        return Change(changed=True, backups=kept)

    def remove(self) -> Change:
        """Stop and disable the timer, and take both units away, whether systemd answers or not."""
        ours = [path for name in (TIMER, SERVICE) if _is_ours(path := unit_directory() / name)]
        if not ours:
            return Change(changed=False)
        kept = self._keep(ours)
        disabled = run(_systemctl("disable", "--now", TIMER))
        _write(dict.fromkeys([*ours, unit_directory() / _WANTED]))
        if has_user_manager():
            _expect_ok(_systemctl("disable", "--now", TIMER), disabled)
            _call("daemon-reload")
        return Change(changed=True, backups=kept)

    def variables(self) -> Mapping[str, str]:
        """The environment variables that the user's systemd gives to its services."""
        lines = run(_systemctl("show-environment")).out.splitlines()
        parts = (line.partition("=") for line in lines)
        return {"PATH": os.defpath, **{name: value for name, _, value in parts}}

    def concern(self) -> str | None:
        """That the timer stops when the user logs out, if so."""
        told = run(["loginctl", "show-user", str(os.getuid()), "--property=Linger"])
        if told.out.strip() == "Linger=yes":
            return None
        return "the timer rests while you are logged out: `loginctl enable-linger` lets it go on"

    def _keep(self, paths: list[Path]) -> tuple[Path, ...]:
        old = [(path, text) for path in paths if (text := _content(path)) is not None]
        for path, text in old:
            if MARK not in text:
                raise ForeignUnitError(path)
        return tuple(backup(text, path.name, self._backups) for path, text in old)


def units(job: Job, every: Interval) -> dict[str, str]:
    """The two unit files by name. Output goes to the journal."""
    refuse(job.argv, "\n\r\0")
    delay = min(every.ms // 10, _LONGEST_DELAY) // SECOND
    service = f"""{MARK}
[Unit]
Description=Log the usage counters of the LLM gateway (usage-tracker)

[Service]
Type=oneshot
ExecStart={_exec(job.argv)}
TimeoutStartSec=10min
"""
    timer = f"""{MARK}
[Unit]
Description=Log the usage counters every {every} (usage-tracker)

[Timer]
OnCalendar={every.calendar()}
AccuracySec=1s
RandomizedDelaySec={delay}s
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {SERVICE: service, TIMER: timer}


def unit_directory() -> Path:
    """Where a user's own units live."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "systemd" / "user"


def has_user_manager() -> bool:
    """Whether a systemd of this user answers."""
    return shutil.which("systemctl") is not None and run(_systemctl("show-environment")).ok


def _exec(argv: tuple[str, ...]) -> str:
    program, *arguments = (_quote(word) for word in argv)
    return " ".join([program, *(word.replace("$", "$$") for word in arguments)])


def _quote(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _content(path: Path) -> str | None:
    with usable(path):
        try:
            with path.open("rb") as file:
                return fs.read_all(file, _LARGEST_UNIT).decode("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            return None


def _is_ours(path: Path) -> bool:
    return MARK in (_content(path) or "")


def _systemctl(*words: str) -> list[str]:
    return ["systemctl", "--user", *words]


def _call(*words: str) -> None:
    _expect_ok(_systemctl(*words), run(_systemctl(*words)))


def _expect_ok(command: list[str], ended: Ended) -> None:
    if not ended.ok:
        raise SchedulerFailedError(" ".join(command), ended)


def _undo(old: Mapping[Path, str | None]) -> None:
    """Leave the units as they were, as far as systemd takes part in it."""
    if None in old.values():
        run(_systemctl("disable", "--now", TIMER))
    _write(old)
    run(_systemctl("daemon-reload"))


def _write(contents: Mapping[Path, str | None]) -> None:
    """Let these files have these `contents`; None is for one that is not to be there."""
    for path, text in contents.items():
        with usable(path):
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                fs.write(path, text.encode("utf-8", "surrogateescape"), fs.PUBLIC)
            elif os.path.lexists(path):
                path.unlink()
