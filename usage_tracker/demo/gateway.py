"""A gateway on loopback with one simulated account.

    with Gateway(account, token="demo-…") as gateway:
        requests.get(f"{gateway.url}/api/user/self", headers={"Authorization": gateway.token})
        with gateway.outage():
            ...  # 503, as from a reverse proxy

It answers as `GET /api/user/self` is documented, with the account's counters at the moment
that its clock shows, including reservations in flight, refunds and late flushes.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from usage_tracker.demo.simulated_account import SimulatedAccount
from usage_tracker.money import UNITS_PER_USD, units
from usage_tracker.times import now_ms

Clock = Callable[[], int]

_LOOPBACK = "127.0.0.1"
_IDLE_CONNECTION_SECONDS = 10
_UNAUTHORIZED = "Unauthorized \N{EN DASH} access token is invalid or expired."
_OUTAGE_PAGE = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"


def accelerated(start: int, speed: float) -> Clock:
    """Return a clock that shows `start` (UTC ms) now and runs `speed` times as fast as time."""
    began = time.monotonic()
    return lambda: start + int((time.monotonic() - began) * 1000 * speed)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A response."""

    status: HTTPStatus
    body: bytes
    content_type: str = "application/json; charset=utf-8"

    @classmethod
    def json(cls, content: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> "_Answer":
        return cls(status, json.dumps(content, ensure_ascii=False).encode())

    @classmethod
    def error(cls, status: HTTPStatus, message: str) -> "_Answer":
        return cls.json({"success": False, "message": message}, status)


class Gateway:
    """A server for `account` on a free loopback port from `start()` (or `with`) to `stop()`.

    `clock` returns the moment (UTC ms) whose counters an answer shows, by default the current
    time. `requests` counts the requests so far.
    """

    def __init__(
        self, account: SimulatedAccount, *, token: str | None = None, clock: Clock = now_ms
    ) -> None:
        self.token = token if token is not None else f"demo{secrets.token_hex(14)}"
        self.requests = 0
        self._account = account
        self.clock = clock
        self._down = threading.Event()
        self._counting = threading.Lock()
        self._server = _Server((_LOOPBACK, 0), _handler(self.answer))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The base URL of this gateway."""
        return f"http://{_LOOPBACK}:{self._server.server_port}"

    def start(self) -> Self:
        """Start to answer requests."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the requests in progress and close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Answer every request with 503."""
        self._down.set()
        try:
            yield
        finally:
            self._down.clear()

    def answer(self, method: str, path: str, authorization: str) -> _Answer:
        """Return the answer to a request; `authorization` is that header, or empty."""
        with self._counting:
            self.requests += 1
        if self._down.is_set():
            return _Answer(HTTPStatus.SERVICE_UNAVAILABLE, _OUTAGE_PAGE, "text/html")
        match method, path.partition("?")[0]:
            case "GET", "/api/user/self" if self._is_authorized(authorization):
                return _Answer.json({"success": True, "data": self._user()})
            case "GET", "/api/user/self":
                return _Answer.error(HTTPStatus.UNAUTHORIZED, _UNAUTHORIZED)
            case "GET", "/api/status":
                data = {"system_name": "demo", "quota_per_unit": UNITS_PER_USD}
                return _Answer.json({"success": True, "message": "", "data": data})
        return _Answer.error(HTTPStatus.NOT_FOUND, f"Invalid URL ({method} {path})")

    def _is_authorized(self, authorization: str) -> bool:
        given = authorization.removeprefix("Bearer ").encode()
        return secrets.compare_digest(given, self.token.encode())

    def _user(self) -> dict[str, Any]:
        counters = self._account.at(self.clock())[0]
        return {
            "username": "demo",
            "display_name": "A demonstration",
            "role": 1,
            "status": 1,
            "email": "demo@example.org",
            "quota": int(counters["quota"]),
            "used_quota": int(counters["used"]),
            "request_count": int(counters["requests"]),
            "group": "default",
            "aff_code": "DEMO",
            "notify": True,
            "quota_remind_threshold": units(10.0),
            "notify_email": "demo@example.org",
            "ext": "",
        }


class _Server(ThreadingHTTPServer):
    """A server that ignores disconnected clients and leaves no thread waiting for them."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore broken connections."""


def _handler(answer: Callable[[str, str, str], _Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "demo"
        sys_version = ""
        timeout = _IDLE_CONNECTION_SECONDS

        def respond(self) -> None:
            given = self.headers.get("Authorization", "")
            content = answer(self.command, self.path, given)
            self.send_response(content.status)
            self.send_header("Content-Type", content.content_type)
            self.send_header("Content-Length", str(len(content.body)))
            self.send_header("X-Oneapi-Request-Id", secrets.token_hex(8))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = respond  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Write nothing to stderr."""

    return Handler
