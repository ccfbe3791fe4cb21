"""`tracker db backup`."""

from pathlib import Path

import click

from usage_tracker.cli.options import Place, shared
from usage_tracker.cli.output import echo, echo_json
from usage_tracker.cli.session import Session, pass_session


@click.command()
@click.argument("file", type=Place(path_type=Path))
@shared
@pass_session
def command(session: Session, file: Path) -> None:
    """Copy the database while others go on writing.

    FILE is written whole or not at all, only you can read it, and one that is there
    already is not overwritten. A copy is a database like any other: `tracker --db FILE report`.

    \b
    Example:  tracker db backup ~/backups/usage-$(date +%F).db
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.store.backup import back_up
    from usage_tracker.store.location import resolve

    target = back_up(resolve(session.settings.database), file)
    if session.json:
        echo_json("db-backup", {"backup": str(target), "bytes": target.stat().st_size})
    else:
        echo(str(target))
