"""Whether snapshots could be stored, without storing or connecting to anything."""

import os

from usage_tracker.config.paths import database_path
from usage_tracker.fs import exists
from usage_tracker.store.engine import DEADLINE, is_read_only, open_engine
from usage_tracker.store.errors import NoDirectoryError, ReadOnlyError, UnwritableDirectoryError
from usage_tracker.store.location import Location


def check_writable(location: Location) -> None:
    """Raise a DatabaseError if the file, or its directory, cannot be written.

    Of a database on a server only the driver is checked.
    """
    path = location.path
    if not location.is_sqlite:
        open_engine(location, DEADLINE).dispose()
    elif exists(path):
        if is_read_only(path):
            raise ReadOnlyError(location)
    elif not exists(path.parent) and path != database_path():
        raise NoDirectoryError(path.parent)
    else:
        nearest = next(each for each in path.parents if exists(each))
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            raise UnwritableDirectoryError(path)
