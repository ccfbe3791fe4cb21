"""Results as files: the whole of one or nothing, readable as the umask says."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from usage_tracker.errors import TrackerError


class UnwritableFileError(TrackerError):
    """A file that cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")


def write(path: str | Path, content: str | bytes) -> None:
    """Write `content` to `path`; whoever reads it meanwhile sees the old file or the new.

    Raises:
        UnwritableFileError: it cannot be; what was there before is still there.
    """
    place = Path(os.path.realpath(path))  # what a link points to changes, not the link
    draft = place.parent / f".{place.name}.{secrets.token_hex(4)}.tmp"
    data = content.encode() if isinstance(content, str) else content
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(data)  # a device or a pipe has nothing to replace
            return
        draft.write_bytes(data)
        os.replace(draft, place)  # noqa: PTH105 (the name says what it does)
    except OSError as error:
        raise UnwritableFileError(place, error) from None
    finally:
        with suppress(OSError):  # nothing can be taken away from a disk that is read-only
            draft.unlink(missing_ok=True)
