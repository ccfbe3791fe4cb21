"""`tracker schedule show`."""

from typing import TYPE_CHECKING

import click

from usage_tracker.cli import timetable
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.watch.schedule import Kind


@click.command()
@timetable.every
@timetable.kind
@shared
@pass_session
def command(session: Session, every: str = "10m", kind: "Kind | None" = None) -> None:
    """Show what is in place, or what would be put there."""
    from usage_tracker.watch.schedule import in_place

    there = in_place(kind)
    if there:
        session.say(f"scheduled ({' and '.join(scheduler.kind for scheduler in there)}):")
        texts = {scheduler.kind: scheduler.installed() or "" for scheduler in there}
        timetable.tell(session, texts, installed=True)
    else:
        plan = timetable.plan(session, every, kind)
        whom = timetable.by_whom(plan)
        session.say(f"not scheduled; `tracker schedule install` would write ({whom}):")
        timetable.tell(session, {plan.scheduler.kind: plan.text}, installed=False)
