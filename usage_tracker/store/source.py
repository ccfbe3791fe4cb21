"""Where a stored row came from, as the small integer that the database keeps."""

from enum import IntEnum


class Source(IntEnum):
    """The codes of `snapshot.source`. Zero and one take no space in an SQLite row."""

    GATEWAY = 0
    IMPORT = 1
