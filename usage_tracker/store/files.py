"""Files that only their owner can read, from the moment they exist."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from usage_tracker.config.places import is_there
from usage_tracker.errors import DatabaseError
from usage_tracker.store.errors import (
    CannotCreateError,
    DiskFullError,
    NoDirectoryError,
    NoFilesHereError,
)


class FileExistsAlreadyError(DatabaseError):
    """A file that is not to be overwritten is there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already: name another file, or remove it")


def make_directories(directory: Path) -> None:
    """Create `directory` and what is missing above it, 0700 each."""
    for missing in reversed([d for d in (directory, *directory.parents) if not is_there(d)]):
        try:
            missing.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CannotCreateError(missing, error) from None


def create_empty(path: Path, shown: Path | None = None) -> None:
    """Create `path` 0600, unless it is there already; errors call it `shown`."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except FileNotFoundError:
        if is_there(path.parent):  # as of /proc, whose files are not for anybody to make
            raise NoFilesHereError(shown or path) from None
        raise NoDirectoryError(path.parent) from None
    except OSError as error:
        raise CannotCreateError(shown or path, error) from None


def make_private_if_empty(path: Path) -> None:
    """Make the file `path` 0600 if nothing is in it yet, as far as it is ours."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and not found.st_size:
            path.chmod(0o600)


@contextmanager
def whole_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """A temporary file beside `path`, 0600, that takes its place when all went well.

    Readers see the whole of it or nothing. Without `replace`, a file that is
    there already is an error, whenever it came. A device or a pipe is written to as it is.
    """
    if not replace and os.path.lexists(path):
        raise FileExistsAlreadyError(path)
    if is_device(path):
        with _writing(path):
            yield path
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    create_empty(draft, path)
    try:
        with _writing(path):
            yield draft
            _sync(draft)
            _publish(draft, path, replace=replace)
            _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise FileExistsAlreadyError(path) from None
    except OSError as error:
        raise _named(path, error) from None


def is_device(path: Path) -> bool:
    """Whether there is something at `path` that is neither a file nor a directory."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _publish(draft: Path, path: Path, *, replace: bool) -> None:
    if replace:
        draft.replace(path)
    else:
        _claim(draft, path)


def _named(path: Path, error: OSError) -> DatabaseError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(path)
    return CannotCreateError(path, error)


def _claim(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: a rename is as good, but for a race between two of us.
        if path.exists():
            raise FileExistsAlreadyError(path) from None
        draft.rename(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
