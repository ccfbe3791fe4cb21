"""`tracker db upgrade`."""

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session

PATIENCE = 60.0


@click.command()
@shared
@pass_session
def command(session: Session) -> None:
    """Bring the database to the schema of this program.

    A file is upgraded by whatever command first opens it; a database on a server only
    by this one. What was there is backed up first, or left to the server's own backups.
    """
    from usage_tracker.fs import exists
    from usage_tracker.store.errors import NoDatabaseError
    from usage_tracker.store.location import resolve
    from usage_tracker.store.schema import SCHEMA_REVISION
    from usage_tracker.store.upgrade import upgrade

    location = resolve(session.settings.database)
    if location.is_sqlite and not exists(location.path):
        raise NoDatabaseError(location)
    done = upgrade(location, PATIENCE)
    if session.json:
        before = done.revision if done else SCHEMA_REVISION
        backup = str(done.backup) if done and done.backup else None
        echo_json("db-upgrade", {"from": before, "to": SCHEMA_REVISION, "backup": backup})
    elif done is None:
        session.tell(f"{location} is at schema {SCHEMA_REVISION}: nothing to do")
    else:
        session.tell(f"{location}: schema {done.revision or 'none'} -> {SCHEMA_REVISION}")
        if done.backup:
            session.tell(f"what it was is kept in {done.backup}")
