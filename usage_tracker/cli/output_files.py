"""Results written to files: completely or not at all.

A new file gets the permissions of the umask, a replaced one keeps its own.

`check_target` refuses to overwrite the program's own files.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from usage_tracker import fs
from usage_tracker.errors import MisuseError, TrackerError
from usage_tracker.fs import PUBLIC

if TYPE_CHECKING:
    from usage_tracker.config.settings import Settings

_BESIDE_A_DATABASE: Final = ("", "-wal", "-shm", "-journal")


class UnwritableFileError(TrackerError):
    """A file cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")


class OwnFileError(MisuseError):
    """A result would overwrite the database, the configuration or a key."""

    def __init__(self, path: str | Path, what: str) -> None:
        super().__init__(f"{path} is {what} and is not overwritten: choose another file")


def check_target(settings: "Settings", path: str | Path) -> None:
    """Raise OwnFileError if `path` is, or links to, a file of the program itself."""
    for own, what in _own_files(settings):
        if _is_one(Path(path), own):
            raise OwnFileError(path, what)


def _own_files(settings: "Settings") -> Iterator[tuple[Path, str]]:
    from usage_tracker.config.accounts import TokenFromFile
    from usage_tracker.store.location import resolve

    location = resolve(settings.database)
    if location.is_sqlite:
        real = os.path.realpath(location.path)
        yield from ((Path(real + ending), "part of the database") for ending in _BESIDE_A_DATABASE)
    yield settings.path, "the configuration"
    for account in settings.accounts:
        if isinstance(account.token, TokenFromFile):
            yield account.token.path, f"the key of {account.name}"


def _is_one(path: Path, other: Path) -> bool:
    with suppress(OSError):  # one of them does not exist
        if path.samefile(other):
            return True
    return os.path.realpath(path) == os.path.realpath(other)


def write(path: str | Path, content: str | bytes) -> None:
    """Replace `path` atomically.

    Raises:
        UnwritableFileError: It cannot be written and is unchanged.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        fs.write_file(target, data, PUBLIC, keep_mode=True)
    except OSError as error:
        raise UnwritableFileError(target, error) from None
