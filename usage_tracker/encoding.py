"""Which letters a stream takes, and what stands for the others."""

import os
from typing import TextIO

_STAND_INS = str.maketrans(
    {"—": "--", "–": "-", "−": "-", "…": "...", "·": "-", "×": "x", "±": "+/-", "’": "'"}  # noqa: RUF001
)


def encoding_of(stream: TextIO) -> str:
    """The encoding that is wanted of `stream`.

    Python writes UTF-8 in the C locale; who sets that locale wants ASCII all the same.
    """
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if next(filter(None, named), "") in {"C", "POSIX"}:
        return "ascii"
    return getattr(stream, "encoding", None) or "utf-8"


def takes(stream: TextIO, text: str) -> bool:
    """Whether `stream` can write all of `text`, and is wanted to."""
    try:
        text.encode(encoding_of(stream))
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def spelled(text: str, encoding: str = "ascii") -> str:
    """`text` with stand-ins for what `encoding` has no letter for."""
    return text.translate(_STAND_INS).encode(encoding, "replace").decode(encoding)
