"""Results as files: the whole of one or nothing, readable as the umask says.

No result goes where the program keeps something of its own: `spare` refuses that.
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
    """A file that cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")


class OwnFileError(MisuseError):
    """A result that would take the place of the database, the configuration or a key."""

    def __init__(self, path: str | Path, what: str) -> None:
        super().__init__(f"{path} is {what}, and is not overwritten: name another file")


def spare(settings: "Settings", path: str | Path) -> None:
    """Refuse to write a result to `path` if it is a file, or a link to one, of the program's own.

    Raises:
        OwnFileError: it is; nothing was written.
    """
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
    with suppress(OSError):  # one of them is not there
        if path.samefile(other):
            return True
    return os.path.realpath(path) == os.path.realpath(other)


def write(path: str | Path, content: str | bytes) -> None:
    """Write `content` to `path`; whoever reads it meanwhile sees the old file or the new.

    Raises:
        UnwritableFileError: it cannot be; what was there before is still there.
    """
    place = Path(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        fs.write_file(place, data, PUBLIC)
    except OSError as error:
        raise UnwritableFileError(place, error) from None
