"""Where `alembic` runs the migrations: on the program's own connection, or for a developer.

For a developer it is the database named by `-x db=...` or TRACKER_DATABASE, never
the user's own by default. Logging is left as it is: it belongs to the host.
"""

import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from usage_tracker.errors import TrackerError
from usage_tracker.store.database import prepare_file
from usage_tracker.store.engine import DEADLINE, begin_writing, open_engine
from usage_tracker.store.errors import translated_errors
from usage_tracker.store.location import Location, resolve
from usage_tracker.store.schema import metadata
from usage_tracker.store.upgrade import lock_for_upgrade, stored_revision


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


def run_for_developer() -> None:
    try:
        location = named()
        with translated_errors(location):
            run_on(location)
    except TrackerError as error:
        raise CommandError(str(error)) from error


def run_on(location: Location) -> None:
    if location.is_sqlite:
        prepare_file(location, create=True)
    # Foreign keys stay off: copying a table and dropping the old one would empty its children.
    engine = open_engine(location, DEADLINE, foreign_keys=False)
    with begin_writing(engine.connect(), DEADLINE) as connection, connection.begin():
        lock_for_upgrade(connection)
        stored_revision(connection, location)
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        )
        context.run_migrations()
    engine.dispose()


def named() -> Location:
    arguments = context.get_x_argument(as_dictionary=True)
    name = arguments.get("db") or os.environ.get("TRACKER_DATABASE")
    if context.is_offline_mode() or not isinstance(name, str):
        raise CommandError(
            "name the database to work on, as in `alembic -x db=usage.db upgrade head`, "
            "or set TRACKER_DATABASE; SQL scripts (--sql) are not made"
        )
    return resolve(name)


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    run_for_developer()
