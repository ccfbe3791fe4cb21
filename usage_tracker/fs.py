"""Private files and directories, and atomic writes.

OSErrors are not caught here: the caller knows what the file is for.
"""

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
"""The mode of a file that only its owner may read."""

_GROUP = 0o060
_ABANDONED = 24 * 60 * 60

PUBLIC = 0o666
"""The mode of a file that others may read, less what the umask removes."""


def exists(path: Path) -> bool:
    """Return whether anything exists at `path`; True if it may not be looked at.

    Whoever opens it then gets the error.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def identity(path: Path) -> tuple[int, int] | None:
    """Return the device and the inode that `path` leads to, None if it cannot be reached."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_device(path: Path) -> bool:
    """Return whether `path` is something other than a file or a directory."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def make_directories(directory: Path) -> None:
    """Create `directory` and its missing parents with mode 0700. Raises OSError."""
    for missing in reversed([d for d in (directory, *directory.parents) if not exists(d)]):
        missing.mkdir(mode=0o700, exist_ok=True)


def create_file(path: Path, mode: int = PRIVATE) -> None:
    """Create an empty file with `mode`, less the umask. Raises FileExistsError, OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode))


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open the regular file `path` for reading; never wait, as opening a pipe would.

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
    """Return the last `limit` bytes of `file`."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - limit, 0))
    return file.read(limit)


@contextmanager
def atomic_write(
    path: Path,
    *,
    mode: int = PRIVATE,
    replace: bool = True,
    follow: bool = False,
    keep_mode: bool = False,
) -> Iterator[Path]:
    """Yield a new file beside `path`; on success it replaces `path`, on an error it is removed.

    Readers see the old file or the new one, even after a power failure. A symbolic link is
    replaced itself, or its target with `follow`. A device or a pipe is yielded itself. With
    `keep_mode`, an own file that is replaced keeps its permissions and its group.
    Without `replace`, a file that exists at `path`, or appears there meanwhile, is an error.

    Raises:
        FileExistsError: `path` exists and must not be replaced.
        PermissionError: `path` is a link or a pipe of another user, who may have put it there
            to redirect the file.
        OSError: The file cannot be written.
    """
    if not replace and os.path.lexists(path):
        raise FileExistsError
    system = _is_of_the_system(path)
    if not system:
        _refuse_foreign(path)
    if system or is_device(path):  # not of the real path: /dev/stdout may be a nameless pipe
        yield path
        return
    target = Path(os.path.realpath(path)) if follow else path
    sweep(target.parent, target.name)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    create_file(draft, mode)
    try:
        yield draft
        if keep_mode:
            _copy_mode(target, draft)
        _sync(draft)
        _move(draft, target, replace=replace)
        with suppress(OSError):  # the file is written; its directory may be unreadable
            _sync(target.parent)
    finally:
        with suppress(OSError):  # nothing can be removed from a disk that became read-only
            draft.unlink(missing_ok=True)


def write_file(
    path: Path,
    content: bytes,
    mode: int = PRIVATE,
    *,
    follow: bool = False,
    keep_mode: bool = False,
) -> None:
    """Write `content` to the file `path` atomically: see `atomic_write`. Raises OSError."""
    with atomic_write(path, mode=mode, follow=follow, keep_mode=keep_mode) as draft:
        draft.write_bytes(content)


def _copy_mode(path: Path, draft: Path) -> None:
    """Give `draft` the group and the permissions of `path` if that is an own file."""
    try:
        found = path.lstat()
    except OSError:
        return
    if os.name != "posix" or not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        return
    mode = found.st_mode & PUBLIC
    try:
        os.chown(draft, -1, found.st_gid)
    except OSError:
        mode &= ~_GROUP  # meant for a group that this process is not in
    draft.chmod(mode)


def _is_of_the_system(path: Path) -> bool:
    """Return whether `path` is, like /dev/stdout, a name that the system gives to another file."""
    where = path.absolute()
    return where.parent in {Path("/dev"), Path("/dev/fd")} or where.is_relative_to("/proc")


def _refuse_foreign(path: Path) -> None:
    """Raise PermissionError if `path` is a link, a pipe or a device of another user."""
    try:
        found = path.lstat()
    except OSError:
        return
    plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if not plain and os.name == "posix" and found.st_uid not in {0, os.geteuid()}:
        kind = "link" if stat.S_ISLNK(found.st_mode) else "pipe or device"
        raise PermissionError(errno.EPERM, f"it is a {kind} of another user")


def sweep(directory: Path, name: str) -> None:
    """Remove the drafts of `name`, and of names that begin with it, that a kill left behind.

    They are a day old: a draft in use is younger, because writing to it changes its time.
    """
    draft = re.compile(rf"\.{re.escape(name)}(\..*)?\.[0-9a-f]{{8}}\.tmp")
    with suppress(OSError):
        for entry in os.scandir(directory):
            if draft.fullmatch(entry.name) and is_old(entry.stat(follow_symlinks=False)):
                with suppress(OSError):
                    os.unlink(entry.path)  # noqa: PTH108 (of an entry)


def is_old(found: os.stat_result) -> bool:
    """Return whether a temporary file or directory is one's own and a day old."""
    return time.time() - found.st_mtime > _ABANDONED and found.st_uid == os.geteuid()


def _move(draft: Path, path: Path, *, replace: bool) -> None:
    if replace:
        draft.replace(path)
        return
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: renaming works too, but two processes may race.
        if path.exists():
            raise FileExistsError from None
        draft.rename(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def error_reason(error: OSError | ValueError) -> str:
    """Return the system's text for `error`, without the path."""
    return error.strerror or "unknown error" if isinstance(error, OSError) else str(error)
