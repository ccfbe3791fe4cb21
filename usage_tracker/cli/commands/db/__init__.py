"""`tracker db`: a group; without a command it tells where the database is."""

import click

from usage_tracker.cli.lazy import LazyGroup
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session

COMMANDS = {
    "path": ("Commands", "Tell where the database is."),
    "upgrade": ("Commands", "Bring the database to the schema of this program."),
    "backup": ("Commands", "Copy the database while others go on writing."),
    "check": ("Commands", "Look for damage and contradictions."),
    "prune": ("Commands", "Thin the snapshots of the distant past to one an hour or a day."),
}


@click.group(cls=LazyGroup, package=__name__, table=COMMANDS, invoke_without_command=True)
@shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:  # noqa: ARG001
    """Show, upgrade, back up and check the database.

    Alone, it tells where the database is.
    """
    if ctx.invoked_subcommand is None:
        from usage_tracker.cli.commands.db.path import command as show

        ctx.invoke(show)
