"""The kinds of failed calls, each with its exit code, its description and its fix."""

import re
from enum import StrEnum
from typing import Final

from usage_tracker.capture.arrival import Arrival
from usage_tracker.errors import TrackerError

_HEADER = re.compile(r"(?i:\b(?:[a-z0-9]+-)*[a-z0-9]*api-user\b)|\bVeloera-User\b")
_SEARCHED = 1000
_WANTS_HEADER = (
    "the gateway wants the header {header} with the number of the key's user, which the "
    "gateway's personal settings show"
)
NEW_KEY_LAST = "make a new key last, since it ends the old one for every client"
_UNAVAILABLE, _PROTOCOL, _NO_PERMISSION, _CONFIG = 69, 76, 77, 78


class Kind(StrEnum):
    """The kind of a failed call, as stored. The names are part of the public contract."""

    NETWORK = "network"
    TIMEOUT = "timeout"
    TLS = "tls"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    MALFORMED = "malformed"
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    REDIRECTED = "redirected"
    NOT_FOUND = "not_found"
    UNAUTHORIZED = "unauthorized"
    SUSPENDED = "suspended"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    OTHER_ACCOUNT = "other_account"


# kind: (exit code, what happened, how to fix it)
_KINDS = {
    Kind.NETWORK: (
        _UNAVAILABLE,
        "no answer",
        "check base_url, the network and the proxy settings",
    ),
    Kind.TIMEOUT: (
        _UNAVAILABLE,
        "no complete answer in time",
        "the next run tries again; if it happens again, check the network and the proxy settings",
    ),
    Kind.TLS: (
        _UNAVAILABLE,
        "no trusted connection",
        (
            "check base_url and the clock; behind a proxy that opens TLS, set "
            "REQUESTS_CA_BUNDLE; where DNS is poisoned, set fallback_urls"
        ),
    ),
    Kind.RATE_LIMITED: (
        _UNAVAILABLE,
        "too many calls from this address",
        "poll less often: every 10 minutes is usual",
    ),
    Kind.SERVER_ERROR: (
        _UNAVAILABLE,
        "the gateway, or a proxy in front of it, is out of order",
        "nothing to do, the next run tries again",
    ),
    Kind.MALFORMED: (
        _PROTOCOL,
        "the answer is not the documented one",
        "check that base_url is the address of a One API gateway",
    ),
    Kind.NOT_JSON: (
        _PROTOCOL,
        "the answer is not JSON",
        "check base_url, and that no login page of the network answers instead",
    ),
    Kind.TOO_LARGE: (
        _PROTOCOL,
        "the answer is larger than 256 KiB",
        "check that base_url is the address of a One API gateway",
    ),
    Kind.REDIRECTED: (
        _PROTOCOL,
        "the gateway redirects, and the token must not follow",
        "set base_url to the gateway's final address, or log in to the network first",
    ),
    Kind.NOT_FOUND: (
        _PROTOCOL,
        "there is no /api/user/self here",
        "check base_url: it is the gateway's root, without /v1",
    ),
    Kind.UNAUTHORIZED: (
        _NO_PERMISSION,
        "the token is not accepted",
        (
            "check that it is this gateway's Manage Key, copied completely, and run this again; "
            f"new-api also wants --header 'New-Api-User: 42', your user's number; {NEW_KEY_LAST}"
        ),
    ),
    Kind.SUSPENDED: (
        _NO_PERMISSION,
        "the account is suspended",
        "ask the gateway's support",
    ),
    Kind.FORBIDDEN: (
        _NO_PERMISSION,
        "the token may not read the balance",
        "use the Manage Key of the account's owner",
    ),
    Kind.REFUSED: (
        _NO_PERMISSION,
        "the gateway refuses",
        "check the token and base_url",
    ),
    Kind.OTHER_ACCOUNT: (
        _CONFIG,
        "this is another account than the one stored under this name",
        "see `tracker accounts`",
    ),
}


FOREIGN_STATUS: Final = (401, 403)
FOREIGN = "not the gateway's own answer"
"""The detail of a 401 or 403 by a proxy, a firewall or a challenge page (`server_error`)."""

_MAY_PASS = "it may pass by itself, the next run tries again"  # noqa: S105 (no password)
BLOCKED_FIX = (
    "a firewall has refused every call for a day, and this does not pass by itself: try from "
    "another address, send another User-Agent (`headers` of the account), or ask the gateway's "
    "operator to let /api/user/self through"
)


def named_header(message: str) -> str | None:
    """Return the header with the user's number that a gateway's message names."""
    found = _HEADER.search(message[:_SEARCHED])
    return None if found is None else found.group()


def describe_kind(kind: str) -> str:
    """Return the description of a stored `kind`."""
    known = (text for other, (_, text, _) in _KINDS.items() if other == kind)
    return next(known, kind.replace("_", " "))


class GatewayError(TrackerError):
    """A call that gave no snapshot; every command exits with the code of its kind.

    `detail` and `request_id` must be safe to show and to store: sanitised, without the
    token, and without any part of the body but its message. `header` is the one that the
    gateway's message names. `arrival` is when the answer came, None if there was none.
    """

    arrival: Arrival | None = None

    def __init__(
        self,
        kind: Kind,
        http_status: int | None = None,
        detail: str = "",
        request_id: str | None = None,
    ) -> None:
        self.kind = kind
        self.http_status = http_status
        self.request_id = request_id
        self.detail = detail
        sysexit, _, fix = _KINDS[kind]
        self.exit_code = self.sysexit = sysexit
        self.header = named_header(detail) if sysexit == _NO_PERMISSION else None
        if self.header is not None:
            fix = self.header_fix(f"run this again with --header '{self.header}: 42'")
        super().__init__(self._message(_MAY_PASS if self.is_foreign else fix))

    @property
    def is_foreign(self) -> bool:
        """Whether a proxy, a firewall or a challenge page refused the call."""
        return self.kind is Kind.SERVER_ERROR and self.http_status in FOREIGN_STATUS

    def header_fix(self, how: str) -> str:
        """Return the fix for the `header` that the gateway named, which is added by `how`."""
        return f"{_WANTS_HEADER.format(header=self.header)}: {how}, with that number for 42"

    def replace_fix(self, fix: str) -> None:
        """Replace the general fix in the message by a more specific one."""
        self.args = (self._message(fix),)

    def _message(self, fix: str) -> str:
        facts = [
            self.detail,
            f"HTTP {self.http_status}" if self.http_status is not None else "",
            f"request {self.request_id}" if self.request_id else "",
        ]
        known = ", ".join(filter(None, facts))
        incomplete = self.kind is Kind.NETWORK and self.http_status is not None
        what = "no complete answer" if incomplete else _KINDS[self.kind][1]
        return f"{what}{f' ({known})' if known else ''}: {fix}"
