"""What cron and systemd have in common here: one job, shown, put in place, taken out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from usage_tracker import fs
from usage_tracker.errors import TrackerError
from usage_tracker.monitoring.command import Ended
from usage_tracker.schedule.files import usable
from usage_tracker.schedule.interval import Interval
from usage_tracker.schedule.job import Job

Kind = Literal["cron", "systemd"]
MARK = "# usage-tracker: managed by `tracker schedule`"


class SchedulerFailedError(TrackerError):
    """`crontab` or `systemctl` did not do as asked."""

    def __init__(self, command: str, ended: Ended) -> None:
        super().__init__(f"`{command}` failed: {ended.reason}")


class UnwritableCommandError(TrackerError):
    """A path that cannot be written in a crontab or a unit file."""

    def __init__(self, character: str) -> None:
        super().__init__(
            f"a path of the command holds {character!r}, which cannot be scheduled: "
            "install the program, its configuration and its database elsewhere"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What an installation or a removal did; `backups` are the files as they were."""

    changed: bool
    backups: tuple[Path, ...] = ()


class Scheduler(Protocol):
    """One of the two. Each touches nothing but what carries `MARK`."""

    kind: Kind

    def preview(self, job: Job, every: Interval) -> str:
        """The very text that `install` would put in place."""

    def installed(self) -> str | None:
        """The text that is in place and in force, or None."""

    def install(self, job: Job, every: Interval) -> Change:
        """Put the job in place, once, however often it is called."""

    def remove(self) -> Change:
        """Take it out again, and nothing else."""

    def variables(self) -> Mapping[str, str]:
        """The environment variables that the job will see; PATH is among them."""

    def concern(self) -> str | None:
        """What would keep the job from running on this machine, with the cure."""


def backup(text: str, name: str, directory: Path) -> Path:
    """Keep `text` in `directory` under `name` and the time; readable by its owner alone."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = directory / f"{name}-{stamp}.bak"
    with usable(directory):
        fs.make_directories(directory)
    with usable(path), fs.whole(path, replace=False) as draft:
        draft.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def refuse(words: tuple[str, ...], characters: str) -> None:
    """Raise UnwritableCommandError if one of `characters` is in one of `words`."""
    for character in characters:
        if any(character in word for word in words):
            raise UnwritableCommandError(character)
