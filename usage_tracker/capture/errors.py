"""The ways in which a call fails, and what to do about each."""

from dataclasses import dataclass
from enum import StrEnum

from usage_tracker.errors import TrackerError

NEW_API = "a new-api gateway also wants the header New-Api-User"
_UNAVAILABLE, _PROTOCOL, _NO_PERMISSION, _CONFIG = 69, 76, 77, 78


class Kind(StrEnum):
    """What is recorded of a failed call. The names are part of the contract."""

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


@dataclass(frozen=True, slots=True)
class _Meaning:
    sysexit: int
    what: str
    cure: str


_MEANINGS = {
    Kind.NETWORK: _Meaning(
        _UNAVAILABLE,
        "no answer",
        "check base_url, the network and the proxy settings",
    ),
    Kind.TIMEOUT: _Meaning(
        _UNAVAILABLE,
        "no whole answer in time",
        "the next run tries again; if it stays so, check the network and the proxy settings",
    ),
    Kind.TLS: _Meaning(
        _UNAVAILABLE,
        "no trusted connection",
        "check base_url and the clock; behind a proxy that opens TLS, set REQUESTS_CA_BUNDLE; "
        "where DNS is poisoned, set fallback_urls",
    ),
    Kind.RATE_LIMITED: _Meaning(
        _UNAVAILABLE,
        "too many calls from this address",
        "poll less often: every 10 minutes is usual",
    ),
    Kind.SERVER_ERROR: _Meaning(
        _UNAVAILABLE,
        "the gateway, or a proxy before it, is out of order",
        "nothing to do, the next run tries again",
    ),
    Kind.MALFORMED: _Meaning(
        _PROTOCOL,
        "the answer is not the documented one",
        "check that base_url is the address of a One API gateway",
    ),
    Kind.NOT_JSON: _Meaning(
        _PROTOCOL,
        "the answer is not JSON",
        "check base_url, and that no login page of the network answers instead",
    ),
    Kind.TOO_LARGE: _Meaning(
        _PROTOCOL,
        "the answer is larger than 256 KiB",
        "check that base_url is the address of a One API gateway",
    ),
    Kind.REDIRECTED: _Meaning(
        _PROTOCOL,
        "the gateway redirects, and the token must not follow",
        "set base_url to the gateway's final address, or log in to the network first",
    ),
    Kind.NOT_FOUND: _Meaning(
        _PROTOCOL,
        "there is no /api/user/self here",
        "check base_url: it is the gateway's root, without /v1",
    ),
    Kind.UNAUTHORIZED: _Meaning(
        _NO_PERMISSION,
        "the token is not accepted",
        f"make a new Manage Key and run this again with it; {NEW_API}",
    ),
    Kind.SUSPENDED: _Meaning(
        _NO_PERMISSION,
        "the account is suspended",
        "ask the gateway's support",
    ),
    Kind.FORBIDDEN: _Meaning(
        _NO_PERMISSION,
        "the token may not ask for the balance",
        "use the Manage Key of the account's owner",
    ),
    Kind.REFUSED: _Meaning(
        _NO_PERMISSION,
        "the gateway refuses",
        "check the token and base_url",
    ),
    Kind.OTHER_ACCOUNT: _Meaning(
        _CONFIG,
        "this is another account than the one stored under this name",
        "`tracker accounts` tells how to go on",
    ),
}


def meaning(kind: str) -> str:
    """What a recorded `kind` of failure means, in words."""
    known = (meant.what for other, meant in _MEANINGS.items() if other == kind)
    return next(known, kind.replace("_", " "))


class GatewayError(TrackerError):
    """A call that gave no snapshot.

    Whatever command asked, it exits with the code of the kind. `detail` and
    `request_id` are safe to show and to store: plain words, without the token and
    without anything of the answer's body but its message.
    """

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
        self.exit_code = self.sysexit = _MEANINGS[kind].sysexit
        super().__init__(self._message(_MEANINGS[kind].cure))

    def advise(self, cure: str) -> None:
        """Tell `cure`, of somebody who knows more, in the place of the general one."""
        self.args = (self._message(cure),)

    def _message(self, cure: str) -> str:
        facts = [
            self.detail,
            f"HTTP {self.http_status}" if self.http_status is not None else "",
            f"request {self.request_id}" if self.request_id else "",
        ]
        known = ", ".join(filter(None, facts))
        begun = self.kind is Kind.NETWORK and self.http_status is not None
        what = "no whole answer" if begun else _MEANINGS[self.kind].what
        return f"{what}{f' ({known})' if known else ''}: {cure}"
