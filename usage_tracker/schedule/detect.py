"""Which of the two the machine has: cron where one runs, else the user's systemd."""

from pathlib import Path

from usage_tracker.errors import TrackerError
from usage_tracker.schedule.crontab import Crontab, cron_runs, has_crontab
from usage_tracker.schedule.scheduler import Kind, Scheduler
from usage_tracker.schedule.systemd import UserTimer, has_user_manager


class NoSchedulerError(TrackerError):
    """The machine has neither."""

    def __init__(self) -> None:
        super().__init__(
            "this machine has neither crontab nor a systemd of yours: install cron, or have "
            "something else run the command that `tracker schedule show --with cron` prints"
        )


def available(backups: Path) -> tuple[Scheduler, ...]:
    """The schedulers that this machine has, the one to be preferred first."""
    cron = (Crontab(backups),) if has_crontab() else ()
    systemd = (UserTimer(backups),) if has_user_manager() else ()
    return (*systemd, *cron) if cron_runs() is False else (*cron, *systemd)


def holders(backups: Path) -> tuple[Scheduler, ...]:
    """Those that may hold something of ours: units stay on disk when their systemd is gone."""
    cron = (Crontab(backups),) if has_crontab() else ()
    return (*cron, UserTimer(backups))


def find_scheduler(backups: Path, kind: Kind | None = None) -> Scheduler:
    """The scheduler asked for, or the one to be preferred here. Raises NoSchedulerError."""
    if kind == "cron":
        return Crontab(backups)
    if kind == "systemd":
        return UserTimer(backups)
    found = available(backups)
    if not found:
        raise NoSchedulerError
    return found[0]
