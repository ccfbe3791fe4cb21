"""Why there is no answer, told from the exceptions of requests, urllib3 and the system.

Their messages hold addresses of objects, header values and pieces of answers, so
none of them is passed on; only the system's own words are (`Connection refused`).
"""

import ssl
from collections.abc import Iterator

import requests
from urllib3 import exceptions as urllib3_errors

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import NoReply


def explain(error: Exception, status: int | None) -> NoReply:
    """`error` as its kind and reason; `status` is that of an answer which had begun."""
    causes = list(_causes(error))
    kind = _kind(causes, status)
    return NoReply(kind, _reason(kind, causes, status), status)


def _kind(causes: list[BaseException], status: int | None) -> Kind:
    if any(map(_is_timeout, causes)):
        return Kind.TIMEOUT
    trouble = (ssl.SSLError, requests.exceptions.SSLError, urllib3_errors.SSLError)
    if status is None and any(isinstance(cause, trouble) for cause in causes):
        return Kind.TLS
    return Kind.NETWORK


def _is_timeout(cause: BaseException) -> bool:
    if isinstance(cause, urllib3_errors.NewConnectionError):  # a time-out by descent only
        return False
    return isinstance(cause, TimeoutError | requests.Timeout | urllib3_errors.TimeoutError)


def _reason(kind: Kind, causes: list[BaseException], status: int | None) -> str:
    if status is not None:
        return "the answer did not end" if kind is Kind.TIMEOUT else "it broke off"
    if kind is Kind.TIMEOUT:
        words = "the deadline passed"
    else:
        words = next(filter(None, map(_words, reversed(causes))), "no HTTP answer")
    return f"proxy: {words}" if _proxied(causes) else words


def _words(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None):
        return cause.reason.lower().replace("_", " ")
    if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
        return cause.strerror or ""
    return ""


def _proxied(causes: list[BaseException]) -> bool:
    trouble = (requests.exceptions.ProxyError, urllib3_errors.ProxyError)
    return any(isinstance(cause, trouble) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what it came of, outermost first."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if not any(cause is other for other in seen):
            seen.append(cause)
            yield cause
            waiting += [item for item in _behind(cause) if isinstance(item, BaseException)]


def _behind(cause: BaseException) -> Iterator[object]:
    yield from cause.args
    yield getattr(cause, "reason", None)
    yield cause.__cause__
    if not cause.__suppress_context__:
        yield cause.__context__
