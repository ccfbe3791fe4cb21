"""`tracker init`: from a key to the first snapshot."""

from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.account_options import account_table
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError

if TYPE_CHECKING:
    from usage_tracker.config.settings import Settings

NEXT_STEPS = (
    ("tracker schedule install", "take a snapshot every ten minutes"),
    ("tracker status", "show the balance in one line"),
    ("tracker report", "show the spend, and when the credit runs out"),
    ("tracker accounts add NAME", "add another account"),
)


class WhichAccountError(MisuseError):
    """Several accounts are configured and none was named."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"which account? `--account {quote(names[0])}` sets it up again (configured: "
            f"{', '.join(names)}); `tracker accounts add NAME` adds another"
        )


@click.command()
@options.one_account
@account_table
@options.shared
@pass_session
def command(session: Session, name: str | None, table: dict[str, Any]) -> None:
    """Set up an account and take the first snapshot.

    Prompts for the gateway and the key (hidden), tries them with a real call, stores the
    answer as the first snapshot, and writes the configuration, with the key in a file
    readable only by you. If the call fails, nothing is written. It is safe to run
    again: it replaces the account's key and keeps everything else. If the gateway counts
    other units than 500000 to the dollar, the configuration gets its quota_per_unit.

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
    name = name or _configured_name(settings)
    if "base_url" not in table:
        table = {"base_url": account_setup.prompt_for_gateway(session, settings, name), **table}
    added = account_setup.set_up(session, name, table)
    if settings.origins["database"] == OPTION and settings.database:
        editing.set_value(settings.path, "database", resolve(settings.database).name)
    account_setup.print_added(session, "init", added)
    width = max(len(example) for example, _ in NEXT_STEPS)
    session.info("\nNext:")
    for example, purpose in NEXT_STEPS:
        session.info(f"  {example.ljust(width)}   {purpose}")


def _configured_name(settings: "Settings") -> str:
    from usage_tracker.config.accounts import DEFAULT_NAME

    names = [table["name"] for table in settings.document.get("account", ())]
    if len(names) > 1:
        raise WhichAccountError(names)
    return names[0] if names else DEFAULT_NAME
