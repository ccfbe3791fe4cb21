"""`tracker export`: a history as a file that other programs read."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import data_stream, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from usage_tracker.store.accounts import StoredAccount
    from usage_tracker.store.export import Format

STDOUT = "-"


class WhichAccountError(MisuseError):
    """Several accounts have a history and none was named."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"which account? name one with --account: there are {', '.join(names)}")


@click.command()
@click.argument("file", metavar="FILE")
@options.one_account
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    help="[default: csv if FILE ends so, else jsonl]",
)
@options.shared
@pass_session
def command(session: Session, file: str, name: str | None, form: str | None) -> None:
    """Write the snapshots to a CSV or JSONL file.

    CSV has the counters, JSONL everything that is stored, failures included: to import
    it again loses nothing. A file that is there is replaced, when all went well; - writes
    to stdout.

    \b
    Example:  tracker export history.jsonl --account work
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.progress import shown
    from usage_tracker.render.words import counted
    from usage_tracker.store import snapshots
    from usage_tracker.store.export import export, export_file

    chosen = cast("Format", form or ("csv" if file.lower().endswith(".csv") else "jsonl"))
    with session.opened() as database:
        with database.read() as connection:
            account = _account(connection, name)
            total = snapshots.count(connection, account.account_id)
        with shown(session, "writing", total) as progress:
            if file == STDOUT:
                with data_stream() as out:
                    export(database, account.name, out, chosen, progress)
                return
            count = export_file(database, account.name, Path(file), chosen, progress)
    if session.json:
        echo_json("export", {"account": account.name, "file": file, "snapshots": count})
    session.say(f"wrote {counted(count, 'snapshot')} of {account.name} to {file}")


def _account(connection: "Connection", name: str | None) -> "StoredAccount":
    from usage_tracker.store import accounts

    if name is not None:
        return accounts.get(connection, name)
    stored = accounts.stored(connection)
    if len(stored) != 1:
        raise WhichAccountError([account.name for account in stored])
    return stored[0]
