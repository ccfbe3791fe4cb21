"""Classification of the exceptions of requests, urllib3 and the operating system.

Their messages hold object addresses, header values and parts of responses, so none is
passed on; only the system's own error texts are (`Connection refused`).
"""

import ssl
from collections.abc import Iterator

import requests
from urllib3 import exceptions as urllib3_errors

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import NoResponse

_TLS_ERRORS = (ssl.SSLError, requests.exceptions.SSLError, urllib3_errors.SSLError)
_PROXY_ERRORS = (requests.exceptions.ProxyError, urllib3_errors.ProxyError)


def classify_error(error: Exception, status: int | None) -> NoResponse:
    """Return the kind and reason of `error`; `status` is that of a response that had begun."""
    causes = list(_causes(error))
    kind = _kind(causes, status)
    return NoResponse(kind, _reason(kind, causes, status), status)


def _kind(causes: list[BaseException], status: int | None) -> Kind:
    if any(map(_is_timeout, causes)):
        return Kind.TIMEOUT
    if status is None and any(isinstance(cause, _TLS_ERRORS) for cause in causes):
        return Kind.TLS
    return Kind.NETWORK


def _is_timeout(cause: BaseException) -> bool:
    if isinstance(cause, urllib3_errors.NewConnectionError):  # only inherits from a time-out
        return False
    return isinstance(cause, TimeoutError | requests.Timeout | urllib3_errors.TimeoutError)


def _reason(kind: Kind, causes: list[BaseException], status: int | None) -> str:
    if status is not None:
        return "the answer did not end" if kind is Kind.TIMEOUT else "it broke off"
    if kind is Kind.TIMEOUT:
        reason = "the deadline passed"
    else:
        reason = next(filter(None, map(_system_text, reversed(causes))), "no HTTP answer")
    proxied = any(isinstance(cause, _PROXY_ERRORS) for cause in causes)
    return f"proxy: {reason}" if proxied else reason


def _system_text(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None):
        return cause.reason.lower().replace("_", " ")
    if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
        return cause.strerror or ""
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and its causes, outermost first."""
    seen: list[BaseException] = []
    queue = [error]
    while queue:
        cause = queue.pop(0)
        if not any(cause is other for other in seen):
            seen.append(cause)
            yield cause
            queue += [item for item in _direct_causes(cause) if isinstance(item, BaseException)]


def _direct_causes(error: BaseException) -> Iterator[object]:
    yield from error.args
    yield getattr(error, "reason", None)
    yield error.__cause__
    if not error.__suppress_context__:
        yield error.__context__
