"""Text files, line by line, never more than a line in memory, and what stands in them."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import AnyStr, Final

from usage_tracker.money import fits
from usage_tracker.store.importing.errors import BadRowError
from usage_tracker.store.schema import LAST_MOMENT
from usage_tracker.times import to_ms

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_FIRST_SECOND = 100_000_000  # 1973; smaller numbers are rather dates, such as 20261123
_FIRST_MILLISECOND = 100_000_000_000


def bounded_lines(read_line: Callable[[int], AnyStr], name: str, limit: int) -> Iterator[AnyStr]:
    """The lines that `read_line` gives, none longer than `limit`."""
    number = 0
    while line := read_line(limit + 1):
        number += 1
        if len(line) > limit:
            raise BadRowError(name, number, f"longer than {limit} characters")
        yield line


def whole(text: str) -> int:
    """The 64-bit integer that `text` is; a ValueError for `1.0`, `1e3`, `true` and the like."""
    number = int(text)
    if fits(number) and "_" not in text:
        return number
    raise ValueError(text)


def moment(text: str) -> int:
    """The UTC ms of `text`: ISO 8601 with an offset, or epoch seconds or milliseconds."""
    try:
        number = int(text)
    except ValueError:
        return _from_iso(text)
    return epoch(number) if "_" not in text else _from_iso(text)


def epoch(number: int) -> int:
    """The UTC ms of `number` seconds or milliseconds since 1970, as its size tells."""
    if _FIRST_SECOND <= number < _FIRST_MILLISECOND:
        return number * 1000
    if _FIRST_MILLISECOND <= number <= LAST_MOMENT:
        return number
    raise ValueError(number)


def _from_iso(text: str) -> int:
    when = dt.datetime.fromisoformat(text)
    if when.tzinfo is None or not 0 <= (ms := to_ms(when)) <= LAST_MOMENT:
        raise ValueError(text)
    return ms
