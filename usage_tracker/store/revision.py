"""Which schema a database is at: one SELECT, when it is the one that this program knows."""

import re

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from usage_tracker.store.errors import ForeignDatabaseError, NewerSchemaError
from usage_tracker.store.location import Location
from usage_tracker.store.schema import SCHEMA_REVISION

_OURS = re.compile(r"\d{4}")


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one that this program knows."""
    try:
        return _versions(connection) == [SCHEMA_REVISION]
    except DBAPIError as error:
        if _is_missing_table(error):
            return False
        raise


def stored_revision(connection: Connection, location: Location) -> str | None:
    """The revision of the schema, None for an empty database.

    Raises ForeignDatabaseError if the tables are another program's and
    NewerSchemaError if they are a later release's.
    """
    tables = set(inspect(connection).get_table_names())
    versions = _versions(connection) if "alembic_version" in tables else []
    if not versions and tables <= {"alembic_version"}:
        return None
    if len(versions) != 1 or not _OURS.fullmatch(versions[0]):
        raise ForeignDatabaseError(location)
    if versions[0] > SCHEMA_REVISION:
        raise NewerSchemaError(location, versions[0])
    return versions[0]


def _versions(connection: Connection) -> list[str]:
    return list(map(str, connection.scalars(text("SELECT version_num FROM alembic_version"))))


def _is_missing_table(error: DBAPIError) -> bool:
    return (
        getattr(error.orig, "sqlstate", None) == "42P01"  # PostgreSQL's undefined_table
        or "no such table" in str(error.orig)
    )
