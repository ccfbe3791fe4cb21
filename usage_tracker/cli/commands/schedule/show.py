"""`tracker schedule show`."""

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
def command(session: Session, every: str = "10m", kind: "Kind | None" = None) -> None:
    """Show what is in place, or what would be put there."""
    from usage_tracker.schedule.install import installed_schedulers

    installed = installed_schedulers(kind)
    if installed:
        session.say(f"scheduled ({' and '.join(scheduler.kind for scheduler in installed)}):")
        texts = {scheduler.kind: scheduler.installed() or "" for scheduler in installed}
        schedule_options.tell(session, texts, installed=True)
    else:
        schedule = schedule_options.schedule(session, every, kind)
        whom = schedule_options.by_whom(schedule)
        session.say(f"not scheduled; `tracker schedule install` would write ({whom}):")
        schedule_options.tell(session, {schedule.scheduler.kind: schedule.text}, installed=False)
