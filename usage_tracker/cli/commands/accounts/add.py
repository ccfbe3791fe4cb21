"""`tracker accounts add`."""

from shlex import quote
from typing import Any

import click

from usage_tracker.cli.account_options import account_table
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError


class AccountExistsError(MisuseError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is an account {name!r} already: choose another name, or give it a new token "
            f"with `tracker accounts set-token {quote(name)}`"
        )


@click.command()
@click.argument("name")
@account_table
@shared
@pass_session
def command(session: Session, name: str, table: dict[str, Any]) -> None:
    """Try another account and write it into the configuration.

    The key is asked for hidden, or read from stdin, or taken from TRACKER_TOKEN. The
    answer is stored as the account's first snapshot; nothing is written if the call fails.

    \b
    Example:  tracker accounts add work --base-url https://gateway.example.com
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli import account_setup

    if session.load(creating=True).table(name):
        raise AccountExistsError(name)
    account_setup.tell(session, "accounts-add", account_setup.enrol(session, name, table))
    for note in session.load().notes:
        session.say(f"note: {note}")
