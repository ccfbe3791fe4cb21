"""The database's files and what is made of it: private from the moment they exist."""

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
    """A file that is not to be overwritten is there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already: name another file, or remove it")


def make_directories(directory: Path) -> None:
    """Create `directory` and what is missing above it, 0700 each."""
    try:
        fs.make_directories(directory)
    except OSError as error:
        raise CannotCreateError(Path(error.filename or directory), error) from None


def create_empty(path: Path) -> None:
    """Create `path` 0600, unless it is there already."""
    with suppress(FileExistsError), _named(path):
        fs.create_file(path)


def make_private_if_empty(path: Path) -> None:
    """Make the file `path` 0600 if nothing is in it yet, as far as it is ours."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and not found.st_size:
            path.chmod(PRIVATE)


@contextmanager
def atomic_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """What is to be the file `path`, 0600, when all of it is written: see `files.whole`."""
    try:
        with _named(path), fs.atomic_write(path, replace=replace) as draft:
            yield draft
    except FileExistsError:
        raise TargetExistsError(path) from None


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Tell what keeps `path` from being written; that it is there already is the caller's."""
    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError:
        if exists(path.parent):  # as of /proc, whose files are not for anybody to make
            raise UnwritableDirectoryError(path) from None
        raise NoDirectoryError(path.parent) from None
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise DiskFullError(path) if full else CannotCreateError(path, error) from None
