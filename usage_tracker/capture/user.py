"""The content of a `GET /api/user/self` response: two counters and the profile.

The counters `quota` and `used_quota` are required; everything else is optional. A
counter that is missing or not a whole number makes the response invalid: it is never
read as 0. The profile is the rest of the response. It is stored beside the snapshots
and exported, so it must hold no secrets, and no value of a field that is undocumented
or free-form: of those only the name is kept.
"""

import math
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from usage_tracker.capture.arrival import Arrival
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.refusal import error_message, is_refusal, refusal_kind
from usage_tracker.config.credentials import Token
from usage_tracker.formatting import truncate, visible
from usage_tracker.money import SUM_TOO_LARGE, fits_int64

if TYPE_CHECKING:  # response imports this module
    from usage_tracker.capture.response import Response

Profile = Mapping[str, Any]

LIMIT = 200
_READ = 4096
_TAG = re.compile(r"<[^<>]*>")
_DIGITS = re.compile(r"-?[0-9]{1,20}")
_EXACT_FLOAT = 2.0**53
_LARGEST_INTEGER = 2**64

_COUNTERS = {"quota", "used_quota", "request_count"}
_EXCLUDED = {"password", "access_token", "verification_code", ""}
_FREE_FORM = {"ext"}
_ENVELOPE = frozenset({"success", "message"})
# fmt: off
_DOCUMENTED = frozenset({
    "id", "username", "display_name", "role", "status", "email", "github_id", "google_id",
    "wechat_id", "lark_id", "oidc_id", "clerk_id", "migrated_at", "group", "aff_code",
    "inviter_id", "created_at", "notify", "quota_remind_threshold", "notify_email",
})
# fmt: on
_NAME_LENGTH, _MAX_NAMES = 64, 100


@dataclass(frozen=True, slots=True)
class UserSelf:
    """One successful response.

    `captured_at` is in UTC milliseconds, the counters in gateway units. `host` and `arrival`
    are None for an imported response.
    """

    captured_at: int
    quota: int
    used_quota: int
    request_count: int | None
    profile: Profile
    host: str | None = None
    arrival: Arrival | None = None


def parse_user_self(
    answer: object, captured_at: int, token: Token | None = None, response: "Response | None" = None
) -> UserSelf:
    """Return the content of `answer` (parsed JSON), live from `response` or imported.

    Raises:
        GatewayError: `malformed`, or the refusal that the answer reports
            (`unauthorized`, `suspended`, `refused`).
    """

    def error(kind: Kind, detail: str) -> GatewayError:
        if response is not None:
            return response.error(kind, detail, token)
        return GatewayError(kind, detail=sanitise(detail, token))

    if isinstance(answer, Mapping) and is_refusal(answer):
        message = error_message(answer)
        raise error(refusal_kind(message), message)
    if not isinstance(answer, Mapping) or answer.get("success") is not True:
        message = error_message(answer) if isinstance(answer, Mapping) else ""
        raise error(Kind.MALFORMED, f"success is not true{f': {message}' if message else ''}")
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise error(Kind.MALFORMED, "data is not an object")
    quota, used_quota = parse_int64(data.get("quota")), parse_int64(data.get("used_quota"))
    if quota is None or used_quota is None:
        name = "quota" if quota is None else "used_quota"
        problem = "not a whole number of 64 bits" if name in data else "missing"
        raise error(Kind.MALFORMED, f"{name} is {problem}")
    if not fits_int64(quota + used_quota):
        raise error(Kind.MALFORMED, SUM_TOO_LARGE)
    count = parse_int64(data.get("request_count"))
    return UserSelf(
        captured_at=captured_at,
        quota=quota,
        used_quota=used_quota,
        request_count=None if count is None or count < 0 else count,
        profile=build_profile(answer, data, token),
        host=response.host if response else None,
        arrival=response.arrival if response else None,
    )


def parse_int64(value: object) -> int | None:
    """Return an integer, an integral float or a string of digits as an int.

    None if `value` is anything else or does not fit 64 bits.
    """
    number = _parse_integer(value)
    return None if number is None or not fits_int64(number) else number


def _parse_integer(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, float) and abs(value) <= _EXACT_FLOAT and value.is_integer():
        return int(value)
    return None


def sanitise(text: str, token: Token | None, limit: int = LIMIT) -> str:
    """Return foreign `text` on one line of at most `limit` characters.

    Markup, control and bidirectional characters and lone surrogates are removed, and
    the token is masked.
    """
    printable = visible(text[:_READ], "")
    bare = _TAG.sub("", printable).replace("<", "").replace(">", "")
    line = " ".join(bare.split())
    return truncate(token.scrub(line) if token else line, limit)


def user_id(profile: Profile) -> int | None:
    """Return the gateway's number for the user; None if it is missing or 0."""
    return parse_int64(_data(profile).get("id")) or None


def username(profile: Profile) -> str | None:
    """Return the gateway's name for the user."""
    name = _data(profile).get("username")
    return name if isinstance(name, str) and name else None


def quota_remind_threshold(profile: Profile) -> int | None:
    """Return the balance, in gateway units, below which the gateway mails the user."""
    return parse_int64(_data(profile).get("quota_remind_threshold"))


def unknown_fields(profile: Profile) -> tuple[str, ...]:
    """Return the undocumented field names, those in `data` as `data.name`."""
    outer = [name for name in profile if name not in _ENVELOPE | {"data"}]
    inner = [f"data.{name}" for name in _data(profile) if name not in _DOCUMENTED | _FREE_FORM]
    return (*outer, *inner)


def full_response(
    profile: Profile, quota: int, used_quota: int, request_count: int | None = None
) -> dict[str, Any]:
    """Return the response that parses to this profile and these counters."""
    counters = {"quota": quota, "used_quota": used_quota}
    if request_count is not None:
        counters["request_count"] = request_count
    return {**profile, "data": {**_data(profile), **counters}}


def build_profile(
    answer: Mapping[str, Any], data: Mapping[str, Any], token: Token | None
) -> Profile:
    """Return what is stored of an `answer` whose user is `data`, besides the counters."""
    envelope = _select(answer, _ENVELOPE, {"data"}, token)
    return {**envelope, "data": _select(data, _DOCUMENTED, _COUNTERS, token)}


def _data(profile: Profile) -> Mapping[str, Any]:
    data = profile.get("data")
    return data if isinstance(data, Mapping) else {}


def _select(
    fields: Mapping[str, Any],
    documented: AbstractSet[str],
    handled: AbstractSet[str],
    token: Token | None,
) -> dict[str, Any]:
    """Return the documented fields, and those neither documented nor handled as name: None."""
    values = {name: _scalar(fields[name], token) for name in fields if name in documented}
    names = dict.fromkeys(sanitise(name, token, _NAME_LENGTH) for name in fields)
    known = documented | handled
    unknown = (name for name in names if name not in known and name.casefold() not in _EXCLUDED)
    return values | dict.fromkeys(islice(unknown, _MAX_NAMES))


def _scalar(value: object, token: Token | None) -> object:
    if isinstance(value, str):
        text = value.encode(errors="replace").decode()  # no database stores a lone surrogate
        return token.scrub(text) if token else text
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST_INTEGER:
        return None
    return value if isinstance(value, int | float) else None
