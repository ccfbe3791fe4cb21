"""What an HTTP answer means. The first rule that fits decides; words only refine."""

# ruff: noqa: PLR2004 (to HTTP the numbers are the names)

from collections.abc import Mapping
from urllib.parse import urlsplit

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import Reply
from usage_tracker.capture.strict_json import NOT_JSON, parse
from usage_tracker.capture.user import UserSelf, is_suspension, message, understand
from usage_tracker.config.token import Token


def judge(reply: Reply, token: Token) -> UserSelf:
    """The snapshot that `reply` brings; raises the GatewayError that it means instead."""
    answer = NOT_JSON if reply.body is None else parse(reply.body)
    kind = _kind(reply, answer)
    if kind is not None:
        raise reply.failure(kind, _detail(kind, reply, answer), token)
    return understand(answer, reply.received_at, token, reply)


def _kind(reply: Reply, answer: object) -> Kind | None:
    status = reply.status
    rules = (
        (300 <= status < 400, Kind.REDIRECTED),
        (reply.body is None, Kind.TOO_LARGE),
        (status == 429, Kind.RATE_LIMITED),
        (status >= 500, Kind.SERVER_ERROR),
        (status in {404, 405, 410}, Kind.NOT_FOUND),
        # A proxy, a firewall or a challenge page: not the token's fault.
        (status in {401, 403} and not isinstance(answer, Mapping), Kind.SERVER_ERROR),
        (status == 401, Kind.UNAUTHORIZED),
        (status == 403 and is_suspension(_words(answer)), Kind.SUSPENDED),
        (status == 403, Kind.FORBIDDEN),
        (status >= 400, Kind.REFUSED),
        (answer is NOT_JSON, Kind.NOT_JSON),
        (status < 200, Kind.MALFORMED),
    )
    return next((kind for fits, kind in rules if fits), None)


def _detail(kind: Kind, reply: Reply, answer: object) -> str:
    if kind is Kind.REDIRECTED:
        return _destination(reply.headers.get("location", ""))
    if kind is Kind.NOT_JSON:
        return _look(reply)
    if kind is Kind.SERVER_ERROR and reply.status < 500:
        return "not the gateway's own answer"
    return _words(answer)


def _words(answer: object) -> str:
    return message(answer) if isinstance(answer, Mapping) else ""


def _destination(location: str) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return f"to {host}" if host else ""


def _look(reply: Reply) -> str:
    if reply.packed:
        return "its compression cannot be undone"
    body = reply.body or b""
    if not body.strip():
        return "nothing came"
    return "an HTML page" if body.lstrip().startswith(b"<") else "broken or something else"
