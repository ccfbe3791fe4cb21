"""From the settings to a schedule in place: checked first, then written, and in one place only."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from usage_tracker.config.paths import state_path
from usage_tracker.config.settings import Settings
from usage_tracker.schedule.detect import available, find_scheduler, holders
from usage_tracker.schedule.environment import require_means, unseen
from usage_tracker.schedule.interval import Interval
from usage_tracker.schedule.job import Job, job_for, rehearse
from usage_tracker.schedule.scheduler import Change, Kind, Scheduler

BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class Plan:
    """A job, how often, and by whom."""

    scheduler: Scheduler
    job: Job
    every: Interval

    @property
    def text(self) -> str:
        """What is, or would be, in place."""
        return self.scheduler.preview(self.job, self.every)

    def concerns(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """What may keep the job from doing its work, each with its cure."""
        hidden = unseen(environ, self.scheduler.variables())
        shell = (
            f"{', '.join(hidden)}: set in this shell, but not seen by {self.scheduler.kind}; "
            "set it there too, if the gateway is not reached without it"
        )
        return tuple(filter(None, (self.scheduler.concern(), shell if hidden else None)))


def make_plan(
    settings: Settings, environ: Mapping[str, str], every: str, kind: Kind | None = None
) -> Plan:
    """The plan for `settings`, as seen from a shell with `environ`.

    Raises:
        UnevenIntervalError: There is no such interval.
        NoSchedulerError: There is neither cron nor systemd.
    """
    interval = Interval.parse(every)
    return Plan(find_scheduler(_backups(), kind), job_for(settings, environ), interval)


def put_in_place(plan: Plan, settings: Settings) -> Change:
    """Install `plan`, and remove what another scheduler had of ours.

    Raises:
        UnseenTokenError: A token would not be there when the job runs.
        UnseenProgramError: A configured command would not be found.
        RehearsalError: The program would not.
    """
    settings.select()
    require_means(settings, plan.scheduler.variables())
    rehearse(plan.job)
    done = plan.scheduler.install(plan.job, plan.every)
    others = [each for each in holders(_backups()) if each.kind != plan.scheduler.kind]
    return _together(done, *(other.remove() for other in others))


def in_place(kind: Kind | None = None) -> tuple[Scheduler, ...]:
    """The schedulers (or the one of that `kind`) that have something of ours."""
    return tuple(scheduler for scheduler in _of(kind) if scheduler.installed() is not None)


def take_out(kind: Kind | None = None) -> Change:
    """Remove what is ours from every scheduler (or the one of that `kind`)."""
    from_whom = _of(kind) if kind else holders(_backups())
    return _together(*(scheduler.remove() for scheduler in from_whom))


def _of(kind: Kind | None) -> tuple[Scheduler, ...]:
    return (find_scheduler(_backups(), kind),) if kind else available(_backups())


def _together(*changes: Change) -> Change:
    return Change(
        changed=any(change.changed for change in changes),
        backups=tuple(path for change in changes for path in change.backups),
    )


def _backups() -> Path:
    return state_path() / BACKUPS
