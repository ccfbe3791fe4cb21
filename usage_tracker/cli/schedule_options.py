"""What the commands of `tracker schedule` share: two options, and how a schedule is told."""

import os
from typing import TYPE_CHECKING

import click

from usage_tracker.cli.output import echo, echo_json
from usage_tracker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usage_tracker.schedule.install import Schedule
    from usage_tracker.schedule.scheduler import Change, Kind

every = click.option(
    "--every",
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="How often: 1m, 10m, 1h, 1d.",
)
kind = click.option(
    "--with",
    "kind",
    type=click.Choice(["cron", "systemd"]),
    help="Which of the two, instead of the one that this machine runs.",
)


def schedule(session: Session, every: str, kind: "Kind | None") -> "Schedule":
    """Return the schedule that would be installed."""
    from usage_tracker.schedule.install import create_schedule

    return create_schedule(session.settings, os.environ, every, kind)


def by_whom(schedule: "Schedule") -> str:
    """Return the scheduler, and where errors are logged."""
    if schedule.scheduler.kind == "cron":
        return f"cron; errors are logged to {schedule.job.log}"
    return "systemd; see journalctl --user"


def tell(session: Session, texts: "Mapping[Kind, str]", *, installed: bool) -> None:
    """Show the text of each scheduler."""
    if session.json:
        schedules = [
            {"scheduler": kind, "installed": installed, "text": text}
            for kind, text in texts.items()
        ]
        echo_json("schedule", {"schedules": schedules})
    elif texts:
        echo("\n".join(texts.values()))


def tell_backups(session: Session, change: "Change") -> None:
    """Say where the former state is kept."""
    for path in change.backups:
        session.say(f"what was there before is kept in {path}")
