"""A snapshot every few minutes, by cron or by systemd, whichever the machine has."""

from usage_tracker.schedule.crontab import Crontab, cron_runs
from usage_tracker.schedule.detect import available, find_scheduler
from usage_tracker.schedule.environment import require_means, unseen
from usage_tracker.schedule.install import Plan, in_place, make_plan, put_in_place, take_out
from usage_tracker.schedule.interval import Interval
from usage_tracker.schedule.job import Job, job_for, rehearse, snapshot_job
from usage_tracker.schedule.scheduler import MARK, Change, Kind, Scheduler
from usage_tracker.schedule.systemd import UserTimer

__all__ = [
    "MARK",
    "Change",
    "Crontab",
    "Interval",
    "Job",
    "Kind",
    "Plan",
    "Scheduler",
    "UserTimer",
    "available",
    "cron_runs",
    "find_scheduler",
    "in_place",
    "job_for",
    "make_plan",
    "put_in_place",
    "rehearse",
    "require_means",
    "snapshot_job",
    "take_out",
    "unseen",
]
