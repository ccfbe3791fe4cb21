"""`tracker accounts set-token`."""

from typing import Any

import click

from usage_tracker.cli.account_options import account_table
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError


class NotConfiguredError(MisuseError):
    """There is no such account to change."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no [[account]] {name!r} in the configuration: `tracker accounts` lists "
            "them, `tracker init` makes one of the environment's"
        )


@click.command()
@click.argument("name")
@account_table
@shared
@pass_session
def command(session: Session, name: str, table: dict[str, Any]) -> None:
    """Give an account a new token, after trying it.

    The key is asked for hidden, or read from stdin, or taken from TRACKER_TOKEN. If it is
    another user's than the history is, it is refused. Other settings of the account may
    be changed along with it.

    \b
    Example:  pass show aihubmix | tracker accounts set-token default
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli import account_setup

    if not session.settings.table(name):
        raise NotConfiguredError(name)
    account_setup.tell(session, "accounts-set-token", account_setup.enrol(session, name, table))
