"""One HTTP request under a deadline that covers all of it.

requests' own time-outs start again with every byte and do not cover name look-ups.
Here each wait on the socket gets only the remaining time, and connecting runs in a
thread that is abandoned at the deadline. Only requests' adapter is used: a Session
would add redirects, cookies and ~/.netrc.
"""

import http.client
import io
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError
from urllib3.util import create_urllib3_context

from usage_tracker.capture.body import LIMIT, BodyTooLargeError, DecompressionError, decompress
from usage_tracker.capture.errors import Kind
from usage_tracker.capture.network_errors import classify_error
from usage_tracker.capture.proxy import UnusableProxyError, find_proxies
from usage_tracker.capture.response import NoResponse, Response
from usage_tracker.times import SECOND, now_ms

_CHUNK = 16 * 1024
_SHORTEST_WAIT = 0.001  # a socket time-out of 0 would mean non-blocking
_SLACK = SECOND
# http.client reads headers and chunk sizes by line, and a line may be endless.
_WIRE_LIMIT = 4 * LIMIT
_NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # raised by http.client for a negative chunk size
)


class DeadlineExceededError(Exception):
    """No connection before the deadline."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The latest moments, on the monotonic clock, for the head and for the whole response."""

    head: float
    body: float


def http_get(url: str, headers: Mapping[str, str], deadlines: Deadlines) -> Response | NoResponse:
    """GET `url`; return the complete response or the reason why there is none."""
    return http_send(requests.Request("GET", url, headers=dict(headers)), deadlines)


def http_send(
    request: requests.Request, deadlines: Deadlines, *, read_body: bool = True
) -> Response | NoResponse:
    """Send `request`; return the response, its body only if `read_body`, or why there is none."""
    status, begun = None, (now_ms(), time.monotonic())
    try:
        prepared = request.prepare()
        url = prepared.url or ""
        with closing(_Adapter(url, deadlines)) as adapter, closing(adapter.get(prepared)) as answer:
            status = answer.status_code
            fields = {name.lower(): value for name, value in answer.headers.items()}
            try:
                encoding = fields.get("content-encoding", "")
                body, bad = _read(answer.raw, encoding) if read_body else None, False
            except DecompressionError:
                body, bad = b"", True
            received_at = now_ms()
            since = begun[0] if _has_slept(begun, received_at, deadlines) else None
            return Response(urlsplit(url).netloc, status, fields, body, received_at, bad, since)
    except UnusableProxyError as error:
        return NoResponse(Kind.NETWORK, error.reason, fix=error.fix)
    except (*_NETWORK_ERRORS, BodyTooLargeError) as error:
        return classify_error(error, status)


def _has_slept(begun: tuple[int, float], received_at: int, deadlines: Deadlines) -> bool:
    """Return whether the call that has `begun` outlasted its deadline, by either clock.

    Its answer may have waited in the kernel: while the process was stopped, which both clocks
    count, or the machine asleep, which the monotonic clock does not count everywhere.
    """
    wall, monotonic = begun
    longest = (deadlines.body - monotonic) * SECOND + _SLACK
    passed = (received_at - wall, (time.monotonic() - monotonic) * SECOND)
    return max(passed) > longest


def connect_with_deadline(deadline: float, connect: Callable[[], socket.socket]) -> socket.socket:
    """Return the result of `connect`, which must be there before `deadline` (monotonic clock).

    `connect` runs in a daemon thread: a name look-up cannot be interrupted, so at the
    deadline the thread is abandoned, and a socket that it opens later is closed.

    Raises:
        DeadlineExceededError: The deadline passed. Exceptions of `connect` are re-raised.
    """
    results: queue.SimpleQueue[socket.socket | Exception] = queue.SimpleQueue()
    abandoned = threading.Event()

    def run() -> None:
        try:
            sock = connect()
        except Exception as error:  # noqa: BLE001 (re-raised by the caller's thread)
            results.put(error)
        else:
            results.put(sock)
            if abandoned.is_set():
                sock.close()

    threading.Thread(target=run, name="connect", daemon=True).start()
    try:
        result = results.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        abandoned.set()
        raise DeadlineExceededError from None
    if isinstance(result, Exception):
        raise result
    return result


class _Adapter(HTTPAdapter):
    """requests' transport for a single request with deadlines."""

    def __init__(self, url: str, deadlines: Deadlines) -> None:
        self._url = url
        self._deadlines = deadlines
        self._tls: dict[str, Any] = {}
        if url.startswith("https:"):
            self._tls["ssl_context"] = _tls_context(_ca_bundle())
        super().__init__()

    def get(self, request: requests.PreparedRequest) -> requests.Response:
        """Send the request and return the response, its body unread."""
        return self.send(
            request,
            stream=True,
            timeout=(_remaining(self._deadlines.head), _remaining(self._deadlines.head)),
            proxies=find_proxies(self._url),
        )

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, tls = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, tls | self._tls

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the TLS context holds the certificates, loaded once for all requests."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        bases = (_Connection, pool.ConnectionCls)
        pool.ConnectionCls = type("BoundedConnection", bases, {"deadlines": self._deadlines})
        return pool


class _Connection(HTTPConnection):
    """A connection (TLS, proxied or plain) with deadlines."""

    deadlines: ClassVar[Deadlines]

    def _new_conn(self) -> socket.socket:
        try:
            sock = connect_with_deadline(self.deadlines.head, super()._new_conn)
        except DeadlineExceededError:
            raise ConnectTimeoutError(self, "not connected in time") from None
        sock.settimeout(_remaining(self.deadlines.head))  # for the TLS handshake
        return sock

    def response_class(  # type: ignore[override]  # http.client calls it like a class
        self, sock: socket.socket, *args: Any, **kwargs: Any
    ) -> http.client.HTTPResponse:
        return _BoundedResponse(sock, self.deadlines, *args, **kwargs)


class _BoundedResponse(http.client.HTTPResponse):
    """A response with one deadline for its head and another for its body."""

    def __init__(
        self, sock: socket.socket, deadlines: Deadlines, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(sock, *args, **kwargs)
        self._body_deadline = deadlines.body
        self._wire = _BoundedSocket(self.fp.detach(), sock, deadlines.head)
        self.fp = io.BufferedReader(self._wire)

    def _read_status(self) -> tuple[str, int, str]:
        """Skip interim responses, such as 103 Early Hints: http.client knows only 100."""
        version, status, reason = super()._read_status()  # type: ignore[misc]  # not in typeshed
        while HTTPStatus.SWITCHING_PROTOCOLS < status < HTTPStatus.OK:
            http.client.parse_headers(self.fp)
            version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, status, reason

    def begin(self) -> None:
        super().begin()
        self._wire.deadline = self._body_deadline


class _BoundedSocket(io.RawIOBase):
    """A socket's input: each wait gets the time left until `deadline`; the size is limited."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self.deadline = raw, sock, deadline
        self._allowance = _WIRE_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() >= self.deadline:
            raise TimeoutError
        if self._allowance <= 0:
            raise BodyTooLargeError
        self._sock.settimeout(_remaining(self.deadline))
        received = self._raw.readinto(buffer)
        self._allowance -= received or 0
        return received

    def close(self) -> None:
        self._raw.close()
        super().close()


def _read(raw: Any, encoding: str) -> bytes | None:
    """Return the decompressed body; None if it is too large."""
    body = bytearray()
    try:
        for chunk in raw.stream(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > LIMIT:
                return None
        return decompress(bytes(body), encoding)
    except BodyTooLargeError:
        return None


def _remaining(deadline: float) -> float:
    return max(deadline - time.monotonic(), _SHORTEST_WAIT)


def _ca_bundle() -> str:
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return named or DEFAULT_CA_BUNDLE_PATH


@cache
def _tls_context(bundle: str) -> ssl.SSLContext:
    context = create_urllib3_context()
    try:
        if Path(bundle).is_dir():
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    except OSError:
        raise ssl.SSLError(0, f"no certificates in {bundle}") from None
    return context
