"""The answer of `GET /api/user/self`, understood.

Two counters are required and everything else may be missing. A counter that is
missing or no whole number makes the answer useless: it is never taken for 0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.numbers import whole
from usage_tracker.capture.profile import Rest, rest_of
from usage_tracker.capture.sanitise import plain
from usage_tracker.config.token import Token

if TYPE_CHECKING:  # a report understands no live reply, and pays nothing for it
    from usage_tracker.capture.response import Reply

_ABOUT_TOKEN = re.compile(r"access[ _-]?token|未登录|invalid or expired", re.IGNORECASE)
_SUSPENDED = re.compile(r"封禁|suspended", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UserSelf:
    """One good answer.

    `captured_at` is in UTC milliseconds, the counters in gateway units.
    `rest` is the remainder of the response, safe to keep: without the counters,
    without secrets, and with `None` for the value of every field that is not documented
    (`usage_tracker.capture.profile` reads it). A live answer also tells the `host` it
    came from and the gateway's clock, `server_time`, in UTC milliseconds.
    """

    captured_at: int
    quota: int
    used_quota: int
    request_count: int | None
    rest: Rest
    host: str | None = None
    server_time: int | None = None


def understand(
    answer: object, captured_at: int, token: Token | None = None, reply: "Reply | None" = None
) -> UserSelf:
    """A response (parsed JSON), live from `reply` or imported, as a snapshot's content.

    Raises:
        GatewayError: `malformed`, or what the gateway says if it says no
            (`unauthorized`, `suspended`, `refused`).
    """
    if isinstance(answer, Mapping) and says_no(answer):
        words = message(answer)
        raise _failure(_kind(words), words, token, reply)
    if not isinstance(answer, Mapping) or answer.get("success") is not True:
        raise _failure(Kind.MALFORMED, "success is not true", token, reply)
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise _failure(Kind.MALFORMED, "data is no object", token, reply)
    quota, used_quota = whole(data.get("quota")), whole(data.get("used_quota"))
    if quota is None or used_quota is None:
        name = "quota" if quota is None else "used_quota"
        raise _failure(Kind.MALFORMED, f"{name} is {_flaw(data, name)}", token, reply)
    return UserSelf(
        captured_at=captured_at,
        quota=quota,
        used_quota=used_quota,
        request_count=_count(data.get("request_count")),
        rest=rest_of(answer, data, token),
        host=reply.host if reply else None,
        server_time=reply.server_time if reply else None,
    )


def says_no(answer: Mapping[str, Any]) -> bool:
    """Whether the gateway itself says that it does not answer."""
    success, error = answer.get("success"), answer.get("error")
    if isinstance(success, bool):
        return not success
    return isinstance(error, Mapping) and "message" in error


def message(answer: Mapping[str, Any]) -> str:
    """The gateway's own words, as they came; empty if it says nothing."""
    error = answer.get("error")
    nested = error.get("message") if isinstance(error, Mapping) else None
    words = (text for text in (answer.get("message"), nested) if isinstance(text, str) and text)
    return next(words, "")


def is_suspension(words: str) -> bool:
    """Whether the gateway's words say that the account is banned."""
    return bool(_SUSPENDED.search(words))


def _kind(words: str) -> Kind:
    if _ABOUT_TOKEN.search(words):
        return Kind.UNAUTHORIZED
    return Kind.SUSPENDED if is_suspension(words) else Kind.REFUSED


def _flaw(data: Mapping[str, Any], name: str) -> str:
    return "not a whole number of 64 bits" if name in data else "missing"


def _count(value: object) -> int | None:
    count = whole(value)
    return None if count is None or count < 0 else count


def _failure(kind: Kind, detail: str, token: Token | None, reply: "Reply | None") -> GatewayError:
    if reply is not None:
        return reply.failure(kind, detail, token)
    return GatewayError(kind, detail=plain(detail, token))
