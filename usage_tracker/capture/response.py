"""HTTP responses, and their classification into a snapshot or an error kind."""

# ruff: noqa: PLR2004 (HTTP status codes)

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from usage_tracker.capture.arrival import Arrival, find_arrival
from usage_tracker.capture.body import NOT_JSON, parse_json
from usage_tracker.capture.errors import FOREIGN, FOREIGN_STATUS, GatewayError, Kind
from usage_tracker.capture.refusal import error_message, is_suspension
from usage_tracker.capture.user import (
    UserSelf,
    parse_user_self,
    sanitise,
)
from usage_tracker.config.credentials import Token
from usage_tracker.times import SECOND, now_ms, to_ms

_BEGINNING = 1024
_ID_LENGTH = 64
_AGE_DIGITS = 10
_WHEN_IS_UNKNOWN = "this machine was stopped or asleep meanwhile, and the answer has no Date"
_REQUEST_IDS = ("x-oneapi-request-id", "x-request-id")


@dataclass(frozen=True, slots=True)
class Response:
    """A complete HTTP response.

    `headers` have lower-case names. `body` is decompressed, None if it is too large
    or was not read, and empty if `bad_encoding`. `received_at` is the arrival of its last
    byte by the machine's clock (UTC ms). If the machine was stopped or asleep meanwhile, the
    call began at `since`, and the last byte came at any moment since.
    """

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    received_at: int
    bad_encoding: bool = False
    since: int | None = None

    @property
    def server_time(self) -> int | None:
        """The gateway's clock (the `Date` header), in UTC milliseconds."""
        return _http_date(self.headers.get("date", ""))

    @property
    def age(self) -> int:
        """The time spent in a cache (the `Age` header), in milliseconds."""
        value = self.headers.get("age", "").strip()
        is_number = value.isascii() and value.isdigit() and len(value) <= _AGE_DIGITS
        return int(value) * SECOND if is_number else 0

    @property
    def arrival(self) -> Arrival:
        """When it came."""
        return find_arrival(self.host, self.received_at, self.server_time, self.age, self.since)

    @property
    def retry_after(self) -> float | None:
        """The `Retry-After` header in seconds from now."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return float(value)
        moment = _http_date(value)
        now = now_ms() if self.server_time is None else self.server_time
        return None if moment is None else max(0.0, (moment - now) / SECOND)

    def error(self, kind: Kind, detail: str, token: Token | None) -> GatewayError:
        """Return a GatewayError with this response's status and request id."""
        ids = (self.headers[name] for name in _REQUEST_IDS if name in self.headers)
        request_id = sanitise(next(ids, ""), token, _ID_LENGTH)
        error = GatewayError(kind, self.status, sanitise(detail, token), request_id or None)
        error.arrival = self.arrival
        return error


@dataclass(frozen=True, slots=True)
class NoResponse:
    """The reason for a missing or incomplete response; `status` is set if it had begun.

    `fix` replaces the general one of the kind; with it, another attempt is pointless.
    """

    kind: Kind
    reason: str
    status: int | None = None
    fix: str = ""


def classify(response: Response, token: Token) -> UserSelf:
    """Return the content of a successful response; raise GatewayError for any other."""
    answer = NOT_JSON if response.body is None else parse_json(response.body)
    kind = _error_kind(response, answer)
    if kind is not None:
        raise response.error(kind, _detail(kind, response, answer), token)
    arrival = response.arrival
    if arrival.at is None:
        raise response.error(Kind.TIMEOUT, _WHEN_IS_UNKNOWN, token)
    return parse_user_self(answer, arrival.at, token, response)


def _error_kind(response: Response, answer: object) -> Kind | None:
    status = response.status
    rules = (  # the first match decides
        (300 <= status < 400, Kind.REDIRECTED),
        (response.body is None, Kind.TOO_LARGE),
        (status == 429, Kind.RATE_LIMITED),
        (status >= 500, Kind.SERVER_ERROR),
        (status in {404, 405, 410}, Kind.NOT_FOUND),
        # From a proxy, a firewall or a challenge page: the token may be valid.
        (status in FOREIGN_STATUS and not isinstance(answer, Mapping), Kind.SERVER_ERROR),
        (status == 401, Kind.UNAUTHORIZED),
        (status == 403 and is_suspension(_message(answer)), Kind.SUSPENDED),
        (status == 403, Kind.FORBIDDEN),
        (status >= 400, Kind.REFUSED),
        (answer is NOT_JSON, Kind.NOT_JSON),
        (status < 200, Kind.MALFORMED),
    )
    return next((kind for matches, kind in rules if matches), None)


def _detail(kind: Kind, response: Response, answer: object) -> str:
    if kind is Kind.REDIRECTED:
        return _redirect_target(response.headers.get("location", ""))
    if kind is Kind.NOT_JSON:
        return _describe_body(response)
    if kind is Kind.SERVER_ERROR and response.status in FOREIGN_STATUS:
        return FOREIGN
    if kind is Kind.REFUSED and b"HTTPS" in (response.body or b"")[:_BEGINNING]:
        return "this port expects https://"
    return _message(answer)


def _message(answer: object) -> str:
    return error_message(answer) if isinstance(answer, Mapping) else ""


def _redirect_target(location: str) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return f"to {host}" if host else ""


def _describe_body(response: Response) -> str:
    if response.bad_encoding:
        return "it cannot be decompressed"
    body = (response.body or b"").lstrip()
    if not body:
        return "the body is empty"
    return "an HTML page" if body.startswith(b"<") else "invalid JSON or another format"


def _http_date(text: str) -> int | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return None if moment.tzinfo is None else to_ms(moment)
    except (ValueError, TypeError, OverflowError):
        return None
