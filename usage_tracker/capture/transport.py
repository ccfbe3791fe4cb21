"""One HTTP request, and a deadline that nothing outlasts.

requests' own time-outs begin anew with every byte, and know nothing of name
look-ups. Here each wait on the socket is given only what is left, and connecting
is done in a thread that is abandoned when its time is up. Of requests the adapter
is used alone: a Session would add redirects, cookies and ~/.netrc.
"""

import http.client
import io
import os
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError
from urllib3.util import create_urllib3_context

from usage_tracker.capture.body import LIMIT, PackedError, TooLargeError, unpack
from usage_tracker.capture.connect import TooLateError, within
from usage_tracker.capture.network_errors import explain
from usage_tracker.capture.response import NoReply, Reply
from usage_tracker.config.base_url import is_loopback
from usage_tracker.times import now_ms

_CHUNK = 16 * 1024
_BLINK = 0.001
# Heads and chunk sizes are read line by line, and a line may be without end.
_WIRE_LIMIT = 4 * LIMIT
_MISHAPS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # http.client's, of a chunk that is -5 bytes long
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Moments of the monotonic clock: by when its head is to be here, and by when all of it."""

    begun: float
    done: float


def exchange(url: str, headers: Mapping[str, str], limits: Limits) -> Reply | NoReply:
    """GET `url`: the whole answer, or why there is none."""
    status = None
    try:
        with closing(_Adapter(url, limits)) as adapter, closing(adapter.get(headers)) as response:
            status = response.status_code
            fields = {name.lower(): value for name, value in response.headers.items()}
            try:
                body, packed = _read(response.raw, fields.get("content-encoding", "")), False
            except PackedError:
                body, packed = b"", True
            return Reply(urlsplit(url).netloc, status, fields, body, now_ms(), packed)
    except (*_MISHAPS, TooLargeError) as error:
        return explain(error, status)


class _Adapter(HTTPAdapter):
    """requests' transport for one request, bounded in time."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = url
        self._limits = limits
        self._tls: dict[str, Any] = {}
        if url.startswith("https:"):
            self._tls["ssl_context"] = _trust(_ca_bundle())
        super().__init__()

    def get(self, headers: Mapping[str, str]) -> requests.Response:
        """The answer, as far as its head."""
        return self.send(
            requests.Request("GET", self._url, headers=dict(headers)).prepare(),
            stream=True,
            timeout=(_left(self._limits.begun), _left(self._limits.begun)),
            proxies={} if is_loopback(self._url) else get_environ_proxies(self._url),
        )

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, tls = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, tls | self._tls

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do: the context holds the certificates, loaded once for all calls."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        bases = (_Connection, pool.ConnectionCls)
        pool.ConnectionCls = type("BoundedConnection", bases, {"limits": self._limits})
        return pool


class _Connection(HTTPConnection):
    """A connection, TLS or proxied or plain, that keeps to its limits."""

    limits: ClassVar[Limits]

    def _new_conn(self) -> socket.socket:
        try:
            sock = within(self.limits.begun, super()._new_conn)
        except TooLateError:
            raise ConnectTimeoutError(self, "not connected in time") from None
        sock.settimeout(_left(self.limits.begun))  # for the TLS handshake
        return sock

    def response_class(  # type: ignore[override]  # a class to http.client, who calls it
        self, sock: socket.socket, *args: Any, **kwargs: Any
    ) -> http.client.HTTPResponse:
        return _Response(sock, self.limits, *args, **kwargs)


class _Response(http.client.HTTPResponse):
    """An answer that has until one moment for its head, and until another for its body."""

    def __init__(self, sock: socket.socket, limits: Limits, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._done = limits.done
        self._wire = _Bounded(self.fp.detach(), sock, limits.begun)
        self.fp = io.BufferedReader(self._wire)

    def begin(self) -> None:
        super().begin()
        self._wire.limit = self._done


class _Bounded(io.RawIOBase):
    """What a socket receives: each wait is given only what is left until `limit`."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, limit: float) -> None:
        self._raw, self._sock, self.limit = raw, sock, limit
        self._allowance = _WIRE_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() >= self.limit:
            raise TimeoutError
        if self._allowance <= 0:
            raise TooLargeError
        self._sock.settimeout(_left(self.limit))
        received = self._raw.readinto(buffer)
        self._allowance -= received or 0
        return received

    def close(self) -> None:
        self._raw.close()
        super().close()


def _read(raw: Any, encoding: str) -> bytes | None:
    """The body, unpacked; `None` if it is too large."""
    body = bytearray()
    try:
        for chunk in raw.stream(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > LIMIT:
                return None
        return unpack(bytes(body), encoding)
    except TooLargeError:
        return None


def _left(limit: float) -> float:
    return max(limit - time.monotonic(), _BLINK)


def _ca_bundle() -> str:
    chosen = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return chosen or DEFAULT_CA_BUNDLE_PATH


@cache
def _trust(bundle: str) -> ssl.SSLContext:
    context = create_urllib3_context()
    try:
        if Path(bundle).is_dir():
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    except OSError:
        raise ssl.SSLError(0, f"no certificates in {bundle}") from None
    return context
