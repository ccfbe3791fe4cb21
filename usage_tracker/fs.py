"""Files as the rest of the program wants them: written whole or not at all, in private places.

Nothing here has a message of its own: an OSError goes to whoever knows what the file is for.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
"""The mode of a file that is its owner's alone."""

PUBLIC = 0o666
"""The mode of a file that whoever the umask lets may read."""


def is_there(path: Path) -> bool:
    """Whether there is anything at `path`, as far as one may look.

    What may not be looked at counts as there: whoever opens it learns why.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def is_device(path: Path) -> bool:
    """Whether there is something at `path` that is neither a file nor a directory."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def make_directories(directory: Path) -> None:
    """Create `directory` and what is missing above it, 0700 each. Raises OSError."""
    for missing in reversed([d for d in (directory, *directory.parents) if not is_there(d)]):
        missing.mkdir(mode=0o700, exist_ok=True)


def create(path: Path, mode: int = PRIVATE) -> None:
    """Create an empty file, less what the umask takes away. Raises FileExistsError, OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode))


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open the regular file `path` for reading, without waiting as for a pipe.

    Raises OSError, or ValueError if `path` is not a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        yield file


def read_all(file: BinaryIO, limit: int) -> bytes:
    """Return the content of `file`; raises ValueError if it is larger than `limit` bytes."""
    content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"larger than {limit} bytes")
    return content


def read_tail(file: BinaryIO, limit: int) -> bytes:
    """Return the last `limit` bytes of `file`, which may be of any size."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - limit, 0))
    return file.read(limit)


@contextmanager
def whole(path: Path, *, mode: int = PRIVATE, replace: bool = True) -> Iterator[Path]:
    """A new file beside `path` that takes its place when all went well, and else is gone.

    Whoever reads `path` meanwhile sees the old file or the new, and so does a machine that
    loses its power. A link stays one: what it leads to is replaced. A device or a pipe is
    given as it is. Without `replace`, what is at `path` is an error, whenever it came.

    Raises:
        FileExistsError: something is there that is not to be replaced.
        OSError: the file cannot be written.
    """
    if not replace and os.path.lexists(path):
        raise FileExistsError
    if is_device(path):  # asked of the path itself: /dev/stdout may lead to a nameless pipe
        yield path
        return
    place = Path(os.path.realpath(path))
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    create(draft, mode)
    try:
        yield draft
        _sync(draft)
        _publish(draft, place, replace=replace)
        with suppress(OSError):  # it is there now, in a directory that may not be read
            _sync(place.parent)
    finally:
        with suppress(OSError):  # nothing can be taken away from a disk that is read-only
            draft.unlink(missing_ok=True)


def write(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Let the file `path` hold `content`, by way of `whole`. Raises OSError."""
    with whole(path, mode=mode) as draft:
        draft.write_bytes(content)


def _publish(draft: Path, path: Path, *, replace: bool) -> None:
    if replace:
        draft.replace(path)
        return
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: a rename is as good, but for a race between two of us.
        if path.exists():
            raise FileExistsError from None
        draft.rename(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
