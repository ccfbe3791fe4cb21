"""Files of the database, its exports and backups: private from the moment they exist."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from usage_tracker import fs
from usage_tracker.errors import DatabaseError
from usage_tracker.fs import PRIVATE, exists
from usage_tracker.store.errors import (
    CannotCreateError,
    DiskFullError,
    NoDirectoryError,
    UnwritableDirectoryError,
)


class TargetExistsError(DatabaseError):
    """The target exists and must not be overwritten."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already: name another file, or remove it")


def make_directories(directory: Path) -> None:
    """Create `directory` and its missing parents, 0700 each."""
    try:
        fs.make_directories(directory)
    except OSError as error:
        raise CannotCreateError(Path(error.filename or directory), error) from None


def create_empty(path: Path) -> None:
    """Create `path` 0600 unless it exists."""
    with suppress(FileExistsError), _translated_errors(path):
        fs.create_file(path)


def make_private_if_empty(path: Path) -> None:
    """Make the file `path` 0600 if it is empty; ignore files of other users."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and not found.st_size:
            path.chmod(PRIVATE)


@contextmanager
def atomic_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """Write the file `path`, 0600, atomically: see `fs.atomic_write`."""
    try:
        with _translated_errors(path), fs.atomic_write(path, replace=replace) as draft:
            yield draft
    except FileExistsError:
        raise TargetExistsError(path) from None


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    """Translate an OSError of writing `path`, except FileExistsError, which the caller handles."""
    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError:
        if exists(path.parent):  # such as /proc, where no file can be created
            raise UnwritableDirectoryError(path) from None
        raise NoDirectoryError(path.parent) from None
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise DiskFullError(path) if full else CannotCreateError(path, error) from None
