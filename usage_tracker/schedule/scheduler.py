"""What cron and systemd have in common: the interface, its errors, and backups."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from usage_tracker import fs
from usage_tracker.errors import TrackerError
from usage_tracker.fs import error_reason
from usage_tracker.process import Result
from usage_tracker.schedule.job import Interval, Job

Kind = Literal["cron", "systemd"]
MARKER = "# usage-tracker: managed by `tracker schedule`"
"""What identifies the crontab line and the unit files of this program."""


class SchedulerCommandError(TrackerError):
    """`crontab` or `systemctl` failed."""

    def __init__(self, command: str, ended: Result) -> None:
        super().__init__(f"`{command}` failed: {ended.reason}")


class InvalidPathError(TrackerError):
    """A path that cannot be written in a crontab or a unit file."""

    def __init__(self, character: str) -> None:
        super().__init__(
            f"a path of the command contains {character!r}, which cannot be scheduled: "
            "install the program, its configuration and its database elsewhere"
        )


class UnusableFileError(TrackerError):
    """A file or a directory that cannot be read, created or changed."""

    def __init__(self, path: Path, error: OSError | ValueError) -> None:
        reason = error_reason(error).lower()
        super().__init__(f"cannot use {path}: {reason}; check the path and its permissions")


@dataclass(frozen=True, slots=True)
class Change:
    """The result of an installation or a removal; `backups` hold the files as they were."""

    changed: bool
    backups: tuple[Path, ...] = ()


class Scheduler(Protocol):
    """cron or systemd. Changes only what contains `MARKER`."""

    kind: Kind

    def preview(self, job: Job, every: Interval) -> str:
        """Return the text that `install` would write."""

    def installed(self) -> str | None:
        """Return the installed text, None if there is none or it is disabled."""

    def install(self, job: Job, every: Interval) -> Change:
        """Install the job, or replace it. Idempotent."""

    def remove(self) -> Change:
        """Remove the job."""

    def variables(self) -> Mapping[str, str]:
        """Return the environment variables of the job, PATH among them."""

    def concern(self) -> str | None:
        """Return what prevents the job from running on this machine, with the fix."""


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Raise UnusableFileError for an error in the use of `path`."""
    try:
        yield
    except OSError as error:
        raise UnusableFileError(Path(error.filename or path), error) from None
    except ValueError as error:
        raise UnusableFileError(path, error) from None


def backup(text: str, name: str, directory: Path) -> Path:
    """Write `text` to a new private file in `directory`, named by `name` and the time."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = directory / f"{name}-{stamp}.bak"
    with file_errors(directory):
        fs.make_directories(directory)
    with file_errors(path), fs.atomic_write(path, replace=False) as draft:
        draft.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def require_success(command: str, ended: Result) -> None:
    """Raise SchedulerCommandError if `command` failed."""
    if not ended.ok:
        raise SchedulerCommandError(command, ended)


def require_without(words: tuple[str, ...], characters: str) -> None:
    """Raise InvalidPathError if `words` contain one of `characters`."""
    for character in characters:
        if any(character in word for word in words):
            raise InvalidPathError(character)
