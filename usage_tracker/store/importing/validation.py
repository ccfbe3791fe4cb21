"""Parsing and validation shared by all import formats."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import AnyStr, Final

from usage_tracker.config.base_url import check_base_url
from usage_tracker.errors import ConfigError
from usage_tracker.ledger.events import Event
from usage_tracker.money import fits_int64
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.errors import InvalidRowError
from usage_tracker.store.schema import EVENT_KINDS, LAST_MOMENT
from usage_tracker.times import to_ms

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_POSITIVE: Final = frozenset({"covered", "refund", "top_up", "uncounted"})
_STATUSES: Final = range(100, 1000)
_FIRST_SECOND = 100_000_000  # 1973; smaller numbers are rather dates, such as 20261123
_FIRST_MILLISECOND = 100_000_000_000


class ValidationError(Exception):
    """What is invalid about a value; the reader adds the file and the line."""


def bounded_lines(read_line: Callable[[int], AnyStr], name: str, limit: int) -> Iterator[AnyStr]:
    """Yield the lines from `read_line`; raises InvalidRowError if one is longer than `limit`."""
    number = 0
    while line := read_line(limit + 1):
        number += 1
        if len(line) > limit:
            raise InvalidRowError(name, number, f"longer than {limit} characters")
        yield line


def parse_integer(text: str) -> int:
    """Return the 64-bit integer in `text`; raises ValueError for `1.0`, `1e3`, `true` etc."""
    number = int(text)
    if fits_int64(number) and "_" not in text:
        return number
    raise ValueError(text)


def parse_moment(text: str) -> int:
    """Return the UTC ms of `text`: ISO 8601 with an offset, or epoch seconds or milliseconds."""
    try:
        number = int(text)
    except ValueError:
        return _from_iso(text)
    return epoch_ms(number) if "_" not in text else _from_iso(text)


def epoch_ms(number: int) -> int:
    """Return the UTC ms of `number` seconds or milliseconds since 1970, depending on its size."""
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


def check_text(text: str, key: str) -> str:
    """Return `text` if every database can store it."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError(f"{key} contains a character that cannot be stored")
    return text


def check_url(url: str) -> str:
    """Return `url` normalised; it may be `http`, because no key is ever sent there."""
    try:
        return check_base_url(url, allow_http=True)
    except ConfigError as error:
        raise ValidationError(str(error)) from None


def check_failure(failure: Failure) -> Failure:
    """Return `failure` if it is valid."""
    check_text(failure.kind, "kind")
    check_text(failure.detail or "", "detail")
    if failure.http_status is not None and failure.http_status not in _STATUSES:
        raise ValidationError("http_status is not a status of three digits")
    return failure


def check_event(event: Event, until: int) -> Event:
    """Return `event` if it is valid and at or before `until` (UTC ms)."""
    if event.kind not in EVENT_KINDS:
        raise ValidationError(f"event is not one of {', '.join(EVENT_KINDS)}")
    if not event.after < event.at <= until:
        raise ValidationError("at must be later than after, and not later than the baseline")
    if (
        (event.kind == "gap" and event.quota < 0)
        or (event.kind in _POSITIVE and event.quota <= 0)
        or (event.kind == "stray" and event.quota != 0)
    ):
        raise ValidationError(f"quota is impossible for {event.kind}")
    return event
