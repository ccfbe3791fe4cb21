"""`tracker schedule install`."""

import os
from typing import TYPE_CHECKING

import click

from usage_tracker.cli import schedule_options
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.schedule.scheduler import Kind


@click.command()
@schedule_options.every
@schedule_options.kind
@shared
@pass_session
def command(session: Session, every: str, kind: "Kind | None") -> None:
    """Put it in place, or change its interval.

    One line in your crontab, or a systemd timer of yours; nothing else in there is
    touched, and what is changed is kept. The command is tried first as cron will run
    it, without your shell's environment: a token in a variable is refused here.

    \b
    Example:  tracker schedule install --every 10m
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.schedule.install import install_schedule

    schedule = schedule_options.schedule(session, every, kind)
    change = install_schedule(schedule, session.settings)
    already = "" if change.changed else " already"
    session.say(
        f"scheduled every {schedule.every}{already} ({schedule_options.by_whom(schedule)}):"
    )
    schedule_options.tell(session, {schedule.scheduler.kind: schedule.text}, installed=True)
    schedule_options.tell_backups(session, change)
    for concern in schedule.concerns(os.environ):
        session.say(f"note: {concern}")
