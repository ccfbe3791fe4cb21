"""Classification of the exceptions of requests, urllib3 and the operating system.

Their messages hold object addresses, header values and parts of responses, so none is
passed on; only the system's own error texts are (`Connection refused`).
"""

import re
import ssl
from collections.abc import Iterator

import requests
from urllib3 import exceptions as urllib3_errors

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import NoResponse

_TLS_ERRORS = (ssl.SSLError, requests.exceptions.SSLError, urllib3_errors.SSLError)
_PROXY_ERRORS = (requests.exceptions.ProxyError, urllib3_errors.ProxyError)
_SOCKS_MODULE = "socks"  # PySocks, an extra
_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
# What OpenSSL makes of an answer in plain text, depending on its version.
_PLAIN_TEXT = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"}
_PLAIN_GATEWAY = (
    "this port answers without TLS: use the port of HTTPS, or write http:// in base_url "
    "(in your own network, with allow_http = true)"
)
_PLAIN_PROXY = "the proxy answers without TLS: write http:// in the proxy settings"


def classify_error(error: Exception, status: int | None) -> NoResponse:
    """Return the kind and reason of `error`; `status` is that of a response that had begun."""
    causes = list(_causes(error))
    kind = _kind(causes, status)
    return NoResponse(kind, _reason(kind, causes, status), status, _fix(causes))


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
    return f"proxy: {reason}" if any(map(_is_of_the_proxy, causes)) else reason


def _fix(causes: list[BaseException]) -> str:
    """Return the fix of an error that says more than its kind; empty for the others."""
    if not any(getattr(cause, "reason", None) in _PLAIN_TEXT for cause in _tls_errors(causes)):
        return ""
    return _PLAIN_PROXY if any(map(_is_of_the_proxy, causes)) else _PLAIN_GATEWAY


def _tls_errors(causes: list[BaseException]) -> list[ssl.SSLError]:
    return [cause for cause in causes if isinstance(cause, ssl.SSLError)]


def _is_of_the_proxy(cause: BaseException) -> bool:
    return isinstance(cause, _PROXY_ERRORS) or type(cause).__module__ == _SOCKS_MODULE


def _system_text(cause: BaseException) -> str:
    refused = _REFUSED_TUNNEL.match(str(cause)) if isinstance(cause, OSError) else None
    if refused:
        return f"HTTP {refused[1]}"
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
    yield getattr(error, "socket_err", None)  # of PySocks
    yield error.__cause__
    if not error.__suppress_context__:
        yield error.__context__
