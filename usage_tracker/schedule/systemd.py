"""A systemd user service and its timer.

In `ExecStart=` a `%` starts a specifier and a `$` a variable; both are escaped by
doubling. Words are quoted as C strings.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from usage_tracker import fs
from usage_tracker.errors import TrackerError
from usage_tracker.process import Result, run_text
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
from usage_tracker.times import SECOND

NAME = "usage-tracker"
TIMER = f"{NAME}.timer"
SERVICE = f"{NAME}.service"
_ENABLED_LINK = Path("timers.target.wants") / TIMER
_MAX_UNIT_SIZE = 1024 * 1024
_MAX_RANDOM_DELAY = 300 * SECOND


class ForeignUnitError(TrackerError):
    """A unit of the same name that another program wrote."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was not written by `tracker schedule`: move it away first")


class NoUserManagerError(TrackerError):
    """The systemd user manager does not answer."""

    def __init__(self) -> None:
        super().__init__(
            "the systemd user manager does not answer: log in directly (not with su or sudo), or "
            "use `tracker schedule install --with cron`"
        )


class UserTimer:
    """The units in the user's unit directory; `backups` is the directory for replaced units."""

    kind: Kind = "systemd"

    def __init__(self, backups: Path) -> None:
        self._backups = backups

    def preview(self, job: Job, every: Interval) -> str:
        """Return both units."""
        return _joined(units(job, every))

    def installed(self) -> str | None:
        """Return both units as they are on disk, None unless the timer is enabled."""
        texts = {name: _content(unit_directory() / name) or "" for name in (SERVICE, TIMER)}
        if not all(MARKER in text for text in texts.values()):
            return None
        return _joined(texts) if _systemctl("is-enabled", TIMER).ok else None

    def install(self, job: Job, every: Interval) -> Change:
        """Write the units, then enable and start the timer."""
        new = {unit_directory() / name: text for name, text in units(job, every).items()}
        old = {path: _content(path) for path in new}
        if old == new and self.installed() is not None:
            return Change(changed=False)
        if not has_user_manager():
            raise NoUserManagerError
        backups = self._back_up([path for path in new if old[path] != new[path]])
        try:
            _write(new)
            _require_systemctl("daemon-reload")
            _require_systemctl("enable", "--now", TIMER)
            _require_systemctl("restart", TIMER)
        except BaseException:
            _undo(old)
            raise
        return Change(changed=True, backups=backups)

    def remove(self) -> Change:
        """Disable the timer and remove both units, with or without a user manager."""
        paths = [unit_directory() / name for name in (TIMER, SERVICE)]
        ours = [path for path in paths if MARKER in (_content(path) or "")]
        if not ours:
            return Change(changed=False)
        backups = self._back_up(ours)
        disabled = _systemctl("disable", "--now", TIMER)
        _write(dict.fromkeys([*ours, unit_directory() / _ENABLED_LINK]))
        if has_user_manager():
            require_success(f"systemctl --user disable --now {TIMER}", disabled)
            _require_systemctl("daemon-reload")
        return Change(changed=True, backups=backups)

    def variables(self) -> Mapping[str, str]:
        """Return the environment variables that the user manager passes to its services."""
        lines = _systemctl("show-environment").stdout.splitlines()
        parts = (line.partition("=") for line in lines)
        return {"PATH": os.defpath, **{name: value for name, _, value in parts}}

    def concern(self) -> str | None:
        """Return a message if the timer stops when the user logs out."""
        shown = run_text(["loginctl", "show-user", str(os.getuid()), "--property=Linger"])
        if shown.stdout.strip() == "Linger=yes":
            return None
        return "the timer does not run while you are logged out: run `loginctl enable-linger`"

    def _back_up(self, paths: list[Path]) -> tuple[Path, ...]:
        old = [(path, text) for path in paths if (text := _content(path)) is not None]
        for path, text in old:
            if MARKER not in text:
                raise ForeignUnitError(path)
        return tuple(backup(text, path.name, self._backups) for path, text in old)


def units(job: Job, every: Interval) -> dict[str, str]:
    """Return the texts of both units, by file name. Output goes to the journal."""
    require_without(job.argv, "\n\r\0")
    delay = min(every.ms // 10, _MAX_RANDOM_DELAY) // SECOND
    service = f"""{MARKER}
[Unit]
Description=Log the usage counters of the LLM gateway (usage-tracker)

[Service]
Type=oneshot
ExecStart={_exec(job.argv)}
TimeoutStartSec=10min
"""
    timer = f"""{MARKER}
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
    """Return the directory of the user's units."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "systemd" / "user"


def has_user_manager() -> bool:
    """Return whether the systemd user manager answers."""
    return shutil.which("systemctl") is not None and _systemctl("show-environment").ok


def _exec(argv: tuple[str, ...]) -> str:
    program, *arguments = (_quote(word) for word in argv)
    return " ".join([program, *(word.replace("$", "$$") for word in arguments)])


def _quote(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _content(path: Path) -> str | None:
    with file_errors(path):
        try:
            with path.open("rb") as file:
                return fs.read_all(file, _MAX_UNIT_SIZE).decode("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            return None


def _joined(texts: Mapping[str, str]) -> str:
    return "\n".join(f"# {name}\n{text}" for name, text in texts.items())


def _systemctl(*words: str) -> Result:
    return run_text(["systemctl", "--user", *words])


def _require_systemctl(*words: str) -> None:
    require_success(" ".join(["systemctl --user", *words]), _systemctl(*words))


def _undo(old: Mapping[Path, str | None]) -> None:
    """Restore the units, and disable a timer that is new; ignore errors of systemctl."""
    if None in old.values():
        _systemctl("disable", "--now", TIMER)
    _write(old)
    _systemctl("daemon-reload")


def _write(contents: Mapping[Path, str | None]) -> None:
    """Write the files, or remove those whose content is None."""
    for path, text in contents.items():
        with file_errors(path):
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                content = text.encode("utf-8", "surrogateescape")
                fs.write_file(path, content, fs.PUBLIC, follow=True)
            elif os.path.lexists(path):
                path.unlink()
