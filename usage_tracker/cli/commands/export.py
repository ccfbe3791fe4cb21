"""`tracker export`: a history as a CSV or JSONL file."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import data_stream, echo_json, is_stdout
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.store.export import Format


@click.command()
@click.argument("file", metavar="FILE", callback=options.not_empty)
@options.one_account
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    help="The format.  [default: csv if FILE ends in .csv, else jsonl]",
)
@options.shared_with_formats
@pass_session
def command(session: Session, file: str, name: str | None, form: str | None) -> None:
    """Write the snapshots to a CSV or JSONL file.

    CSV contains the counters, JSONL everything that is stored, failures included: an
    import of it loses nothing. An existing file is replaced atomically. The file "-" is
    stdout.

    \b
    Example:  tracker export history.jsonl --account work
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.output_files import check_target
    from usage_tracker.cli.progress import progress_bar
    from usage_tracker.config.paths import expand
    from usage_tracker.formatting import count_noun
    from usage_tracker.store import accounts, snapshots
    from usage_tracker.store.export import export, export_file

    chosen = cast("Format", form or ("csv" if file.lower().endswith(".csv") else "jsonl"))
    piped = is_stdout(file)
    if not piped:
        check_target(session.settings, expand(file))
    with session.opened() as database:
        with database.read() as connection:
            account = accounts.get_single(connection, name)
            total = snapshots.count(connection, account.account_id)
        with progress_bar(session, "writing", total) as progress:
            if piped:
                with data_stream() as out:
                    export(database, account.name, out, chosen, progress)
                return
            count = export_file(database, account.name, Path(file), chosen, progress)
    if session.json:
        echo_json("export", {"account": account.name, "file": file, "snapshots": count})
    session.info(f"wrote {count_noun(count, 'snapshot')} of {account.name} to {file}")
