"""`tracker schedule remove`."""

from typing import TYPE_CHECKING

import click

from usage_tracker.cli import schedule_options
from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.schedule.scheduler import Kind


@click.command()
@schedule_options.kind
@shared
@pass_session
def command(session: Session, kind: "Kind | None") -> None:
    """Take it out again, and nothing else."""
    from usage_tracker.schedule.install import remove_schedule

    change = remove_schedule(kind)
    session.say("removed" if change.changed else "nothing was scheduled")
    schedule_options.tell_backups(session, change)
    if session.json:
        body = {"removed": change.changed, "backups": [str(path) for path in change.backups]}
        echo_json("schedule-remove", body)
