"""The lock on a configuration: who changes it reads and writes it with nobody in between.

It is a lock on the directory, so that no file of it stays behind. Where the system knows
none (Windows, some network file systems) the last writer wins.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Wait until nobody else holds `directory`, and hold it. Raises OSError if it is not there."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
