"""What no history may say, whatever it comes as; whoever reads it knows where that stands."""

from typing import Final

from usage_tracker.config.base_url import check_base_url
from usage_tracker.errors import ConfigError
from usage_tracker.store.checkpoints import StoredEvent
from usage_tracker.store.failures import Failure
from usage_tracker.store.schema import EVENT_KINDS

_STATUSES: Final = range(100, 1000)


class Flaw(Exception):  # noqa: N818 (no error yet: the reader says with which line)
    """What is wrong, in words."""


def checked_text(text: str, key: str) -> str:
    """`text`, unless a database may not take it."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Flaw(f"{key} holds a character that cannot be stored")
    return text


def checked_base_url(url: str) -> str:
    """The one form of `url`, which may be `http`: no key goes there on an import's word."""
    try:
        return check_base_url(url, allow_http=True)
    except ConfigError as error:
        raise Flaw(str(error)) from None


def checked_failure(failure: Failure) -> Failure:
    """`failure`, unless what it tells cannot have been."""
    checked_text(failure.kind, "kind")
    checked_text(failure.detail or "", "detail")
    if failure.http_status is not None and failure.http_status not in _STATUSES:
        raise Flaw("http_status is not a status of three digits")
    return failure


def checked_event(event: StoredEvent, until: int) -> StoredEvent:
    """Return `event`, settled at or before `until` (UTC ms), unless it contradicts itself."""
    if event.kind not in EVENT_KINDS:
        raise Flaw(f"event is not one of {', '.join(EVENT_KINDS)}")
    if not event.after < event.captured_at <= until:
        raise Flaw("at must be later than after, and not later than the baseline")
    if (event.kind == "gap" and event.quota < 0) or (
        event.kind in {"refund", "top_up"} and event.quota <= 0
    ):
        raise Flaw(f"quota is impossible for a {event.kind}")
    return event
