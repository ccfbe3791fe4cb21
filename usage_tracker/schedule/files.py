"""The files that a schedule needs, where they may not be as expected."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from usage_tracker.config.file import why
from usage_tracker.errors import TrackerError


class UnusablePlaceError(TrackerError):
    """A file or a directory that cannot be looked at, made or changed."""

    def __init__(self, path: Path, error: OSError | ValueError) -> None:
        reason = why(error).lower()
        super().__init__(f"cannot use {path}: {reason}; see what is there, and its permissions")


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Tell, with its place, what keeps `path` or what is above it from being used."""
    try:
        yield
    except OSError as error:
        raise UnusablePlaceError(Path(error.filename or path), error) from None
    except ValueError as error:
        raise UnusablePlaceError(path, error) from None
