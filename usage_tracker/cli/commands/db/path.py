"""`tracker db path`."""

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo, echo_json
from usage_tracker.cli.session import Session, pass_session


@click.command()
@shared
@pass_session
def command(session: Session) -> None:
    """Tell where the database is.

    \b
    Example:  sqlite3 "$(tracker db path)" 'select * from snapshot_usd'
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.fs import exists
    from usage_tracker.store.location import resolve

    location = resolve(session.settings.database)
    if session.json:
        found = exists(location.path) if location.is_sqlite else None
        origin = session.settings.origins["database"]
        echo_json("db-path", {"database": str(location), "origin": origin, "exists": found})
    else:
        echo(str(location))
