"""`tracker init`: from a key to the first snapshot."""

from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.account_options import account_table
from usage_tracker.cli.command_table import COMMANDS
from usage_tracker.cli.output import can_ask
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError

if TYPE_CHECKING:
    from usage_tracker.config.settings import Settings

STEPS = {
    "schedule": ("tracker schedule install", "take a snapshot every ten minutes from now on"),
    "status": ("tracker status", "what is left, in one line"),
    "report": ("tracker report", "what is spent, and when it runs out"),
    "accounts": ("tracker accounts add NAME", "watch another account as well"),
}


class WhichAccountError(MisuseError):
    """There are several accounts and none was named."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"which account? `--account {quote(names[0])}` sets it up again (there are "
            f"{', '.join(names)}); `tracker accounts add NAME` adds another"
        )


@click.command()
@options.one_account
@account_table
@options.shared
@pass_session
def command(session: Session, name: str | None, table: dict[str, Any]) -> None:
    """Set up an account and take the first snapshot.

    Asks for the gateway and the key (hidden), tries them with a real call, stores the
    answer as the first snapshot, and writes the configuration, with the key in a file
    of its own that only you can read. Nothing is written if the call fails. To run it
    again is safe: it replaces the account's key and keeps everything else.

    Without a terminal the key is read from stdin, or taken from TRACKER_TOKEN.

    \b
    Examples:  tracker init
               pass show aihubmix | tracker init
               tracker init --token-command 'pass show aihubmix'
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli import account_setup
    from usage_tracker.config import editing
    from usage_tracker.config.settings import OPTION
    from usage_tracker.store.location import resolve

    settings = session.load(creating=True)
    name = name or _usual_name(settings)
    if "base_url" not in table:
        table = {"base_url": _ask_for_gateway(settings, name), **table}
    enrolled = account_setup.enrol(session, name, table)
    if settings.origins["database"] == OPTION and settings.database:
        editing.set_value(settings.path, "database", resolve(settings.database).name)
    account_setup.tell(session, "init", enrolled)
    _say_next_steps(session)


def _usual_name(settings: "Settings") -> str:
    from usage_tracker.config.accounts import DEFAULT_NAME

    names = [table["name"] for table in settings.document.get("account", ())]
    if len(names) > 1:
        raise WhichAccountError(names)
    return names[0] if names else DEFAULT_NAME


def _ask_for_gateway(settings: "Settings", name: str) -> str:
    """The gateway known so far; on a terminal it may be corrected."""
    known = next((a.base_url for a in settings.accounts if a.name == name), None)
    if known is None:
        from usage_tracker.config.settings import base_url_from_environment

        known = base_url_from_environment()
    if not can_ask():
        return known
    answer: str = click.prompt("Gateway", known, err=True)
    return answer


def _say_next_steps(session: Session) -> None:
    steps = [step for command, step in STEPS.items() if command in COMMANDS]
    width = max(len(example) for example, _ in steps)
    session.say("\nNext:")
    for example, what in steps:
        session.say(f"  {example.ljust(width)}   {what}")
