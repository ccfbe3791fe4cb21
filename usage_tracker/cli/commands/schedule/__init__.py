"""`tracker schedule`: a group; without a command it shows what is in place."""

import click

from usage_tracker.cli.lazy import LazyGroup
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session

COMMANDS = {
    "show": ("Commands", "Show what is in place, or what would be put there."),
    "install": ("Commands", "Put it in place, or change its interval."),
    "remove": ("Commands", "Take it out again, and nothing else."),
}


@click.group(cls=LazyGroup, package=__name__, table=COMMANDS, invoke_without_command=True)
@shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:  # noqa: ARG001
    """Let cron or systemd take a snapshot every few minutes.

    Alone, it shows what is in place.
    """
    if ctx.invoked_subcommand is None:
        from usage_tracker.cli.commands.schedule.show import command as show

        ctx.invoke(show)
