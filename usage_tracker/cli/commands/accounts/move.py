"""`tracker accounts move`."""

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session


@click.command()
@click.argument("name")
@shared
@pass_session
def command(session: Session, name: str) -> None:
    """Say that an account's gateway has a new address.

    A history belongs to one gateway: answers from another base_url are refused. Once the
    configuration has the new one, this makes the history go on there.
    """
    from usage_tracker.store import accounts

    base_url = session.settings.account(name).base_url
    with session.opened() as database, database.write() as connection:
        accounts.move(connection, name, base_url)
    if session.json:
        echo_json("accounts-move", {"account": name, "base_url": base_url})
    session.say(f"the history of {name} goes on at {base_url}")
