"""`tracker accounts`: a group; without a command it lists."""

import click

from usage_tracker.cli.lazy import LazyGroup
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session

COMMANDS = {
    "list": ("Commands", "Show every account, where its token comes from, and its history."),
    "add": ("Commands", "Try another account and write it into the configuration."),
    "set-token": ("Commands", "Give an account a new token, after trying it."),
    "rename": ("Commands", "Give an account another name, in configuration and history."),
    "move": ("Commands", "Say that an account's gateway has a new address."),
    "remove": ("Commands", "Take an account out; its history stays unless purged."),
}


@click.group(cls=LazyGroup, package=__name__, table=COMMANDS, invoke_without_command=True)
@shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:  # noqa: ARG001
    """List, add, rename and remove accounts.

    Alone, it lists them.
    """
    if ctx.invoked_subcommand is None:
        from usage_tracker.cli.commands.accounts.list import command as show

        ctx.invoke(show)
