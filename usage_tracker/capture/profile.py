"""What a response says besides the counters.

It is kept beside the snapshots, and given back whole, so nothing goes in that must
not come out: no secrets, and of a field that the documentation does not name (or
leaves free-form) its name alone.
"""

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

from usage_tracker.capture.numbers import whole
from usage_tracker.capture.sanitise import plain
from usage_tracker.config.token import Token

Rest = Mapping[str, Any]

_COUNTERS = {"quota", "used_quota", "request_count"}
_SECRETS = {"password", "access_token", "verification_code"}
_NAMELESS = _SECRETS | {""}
_FREE_FORM = {"ext"}
_ENVELOPE = frozenset({"success", "message"})
# fmt: off
_DOCUMENTED = frozenset({
    "id", "username", "display_name", "role", "status", "email", "github_id", "google_id",
    "wechat_id", "lark_id", "oidc_id", "clerk_id", "migrated_at", "group", "aff_code",
    "inviter_id", "created_at", "notify", "quota_remind_threshold", "notify_email",
})
# fmt: on
_NAME_LENGTH, _NAMES = 64, 100
_LARGEST = 2**64


def user_id(rest: Rest) -> int | None:
    """The gateway's number for the user; `None` where it tells none (or 0, which is none)."""
    return whole(_data(rest).get("id")) or None


def username(rest: Rest) -> str | None:
    """The gateway's name for the user."""
    name = _data(rest).get("username")
    return name if isinstance(name, str) and name else None


def quota_remind_threshold(rest: Rest) -> int | None:
    """The balance, in gateway units, at which the gateway mails the user."""
    return whole(_data(rest).get("quota_remind_threshold"))


def unknown_fields(rest: Rest) -> tuple[str, ...]:
    """The names that the documentation does not know, those in `data` as `data.name`."""
    outer = [name for name in rest if name not in _ENVELOPE | {"data"}]
    inner = [f"data.{name}" for name in _data(rest) if name not in _DOCUMENTED | _FREE_FORM]
    return (*outer, *inner)


def response(
    rest: Rest, quota: int, used_quota: int, request_count: int | None = None
) -> dict[str, Any]:
    """The whole response again; to understand it gives the same `rest` and counters."""
    counters = {"quota": quota, "used_quota": used_quota}
    if request_count is not None:
        counters["request_count"] = request_count
    return {**rest, "data": {**_data(rest), **counters}}


def rest_of(answer: Mapping[str, Any], data: Mapping[str, Any], token: Token | None) -> Rest:
    """What is kept of an `answer`, whose user is `data`."""
    envelope = _documented(answer, _ENVELOPE, token) | _names(answer, _ENVELOPE | {"data"}, token)
    user = _documented(data, _DOCUMENTED, token) | _names(data, _DOCUMENTED | _COUNTERS, token)
    return {**envelope, "data": user}


def _data(rest: Rest) -> Mapping[str, Any]:
    data = rest.get("data")
    return data if isinstance(data, Mapping) else {}


def _documented(
    fields: Mapping[str, Any], known: AbstractSet[str], token: Token | None
) -> dict[str, Any]:
    return {name: _scalar(value, token) for name, value in fields.items() if name in known}


def _names(
    fields: Mapping[str, Any], known: AbstractSet[str], token: Token | None
) -> dict[str, None]:
    """The fields that are not `known`, without their values."""
    names = dict.fromkeys(plain(name, token, _NAME_LENGTH) for name in fields)
    unknown = (name for name in names if name not in known and name.casefold() not in _NAMELESS)
    return dict.fromkeys(islice(unknown, _NAMES))


def _scalar(value: object, token: Token | None) -> object:
    if isinstance(value, str):
        text = value.encode(errors="replace").decode()  # a lone surrogate fits no database
        return token.scrub(text) if token else text
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return None
    return value if isinstance(value, int | float) else None
