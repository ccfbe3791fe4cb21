"""Installing and removing the schedule: checked first, and with one scheduler only."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from usage_tracker.config.paths import database_path, state_path
from usage_tracker.config.settings import DEFAULT, Settings
from usage_tracker.errors import ConfigError, TrackerError
from usage_tracker.installation import editable_source, is_passing
from usage_tracker.schedule.crontab import Crontab, cron_runs, has_crontab
from usage_tracker.schedule.job import (
    Interval,
    Job,
    create_job,
    dry_run,
    missing_variables,
    require_environment,
)
from usage_tracker.schedule.scheduler import Change, Kind, Scheduler
from usage_tracker.schedule.systemd import UserTimer, has_user_manager
from usage_tracker.store.files import make_directories


class NoSchedulerError(TrackerError):
    """The machine has neither cron nor systemd."""

    def __init__(self) -> None:
        super().__init__(
            "this machine has neither crontab nor a systemd user manager: install cron, or use "
            "another scheduler for the command that `tracker schedule show --with cron` prints"
        )


class PassingInstallationError(ConfigError):
    """The program is where files do not stay; then the capture would end without a word."""

    def __init__(self) -> None:
        super().__init__(
            f"this program is in {sys.prefix}, a cache or a temporary directory: install it "
            "to stay (`pipx install .` or `uv tool install .` in the clone, or pip in a virtual "
            "environment elsewhere), then schedule that one"
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job, its interval and its scheduler."""

    scheduler: Scheduler
    job: Job
    every: Interval

    @property
    def text(self) -> str:
        """The text that is, or would be, installed."""
        return self.scheduler.preview(self.job, self.every)

    def concerns(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return what may prevent the job from working, with fixes."""
        concern = self.scheduler.concern()
        missing = missing_variables(environ, self.scheduler.variables())
        shell = (
            f"{', '.join(missing)}: set in this shell, but not passed on by {self.scheduler.kind}; "
            "set it there too, if the gateway cannot be reached without it"
        )
        clone = editable_source()
        moves = (
            f"the program runs from the clone {clone}: if that is moved or removed, the capture "
            "ends; what is changed there runs at once"
        )
        found = (concern, shell if missing else None, moves if clone else None)
        return tuple(filter(None, found))


def create_schedule(
    settings: Settings, environ: Mapping[str, str], every: str, kind: Kind | None = None
) -> Schedule:
    """Return the schedule for `settings`, as seen from a shell with `environ`.

    Raises:
        UnevenIntervalError: The interval cannot be scheduled.
        NoSchedulerError: The machine has neither cron nor systemd.
    """
    interval = Interval.parse(every)
    return Schedule(find_scheduler(_backups(), kind), create_job(settings, environ), interval)


def install_schedule(schedule: Schedule, settings: Settings) -> Change:
    """Install `schedule`, and remove the job from the other scheduler.

    Raises:
        PassingInstallationError: The program is in a cache or a temporary directory.
        TokenUnavailableError: The job would lack a token.
        ProgramUnavailableError: The job would not find a configured program.
        DryRunError: The command would not work.
    """
    settings.select()
    if is_passing():
        raise PassingInstallationError
    variables = schedule.scheduler.variables()
    require_environment(settings, variables)
    if settings.origins["database"] == DEFAULT:  # the job, with other variables, would not make it
        make_directories(database_path().parent)
    dry_run(schedule.job, variables)
    change = schedule.scheduler.install(schedule.job, schedule.every)
    others = [each for each in _removable() if each.kind != schedule.scheduler.kind]
    return _combined(change, *(other.remove() for other in others))


def remove_schedule(kind: Kind | None = None) -> Change:
    """Remove the job from every scheduler, or from that of `kind`."""
    schedulers = (find_scheduler(_backups(), kind),) if kind else _removable()
    return _combined(*(scheduler.remove() for scheduler in schedulers))


def installed_schedulers(kind: Kind | None = None) -> tuple[Scheduler, ...]:
    """Return the schedulers (or that of `kind`) that have the job."""
    backups = _backups()
    schedulers = (find_scheduler(backups, kind),) if kind else available_schedulers(backups)
    return tuple(each for each in schedulers if each.installed() is not None)


def find_scheduler(backups: Path, kind: Kind | None = None) -> Scheduler:
    """Return the scheduler of `kind`, or the preferred one. Raises NoSchedulerError."""
    if kind == "cron":
        return Crontab(backups)
    if kind == "systemd":
        return UserTimer(backups)
    available = available_schedulers(backups)
    if not available:
        raise NoSchedulerError
    return available[0]


def available_schedulers(backups: Path) -> tuple[Scheduler, ...]:
    """Return the schedulers of this machine: cron first, unless its daemon does not run."""
    cron = (Crontab(backups),) if has_crontab() else ()
    systemd = (UserTimer(backups),) if has_user_manager() else ()
    return (*systemd, *cron) if cron_runs() is False else (*cron, *systemd)


def _removable() -> tuple[Scheduler, ...]:
    """Return the schedulers that may have the job: units stay on disk without systemd."""
    cron = (Crontab(_backups()),) if has_crontab() else ()
    return (*cron, UserTimer(_backups()))


def _combined(*changes: Change) -> Change:
    return Change(
        changed=any(change.changed for change in changes),
        backups=tuple(path for change in changes for path in change.backups),
    )


def _backups() -> Path:
    return state_path() / "backups"
