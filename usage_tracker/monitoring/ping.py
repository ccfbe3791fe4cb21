"""Pings of a dead man's switch: a service that raises an alarm when the pings stop.

| service | start | success | failure |
|---|---|---|---|
| healthchecks.io and others | `URL/start` | `URL` | `URL/fail` |
| Uptime Kuma (`/api/push/…`) | none | `?status=up&msg=OK` | `?status=down&msg=…` |

The URL is a secret.
"""

import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import requests

from usage_tracker import __version__
from usage_tracker.capture.response import NoResponse, Response
from usage_tracker.capture.transport import Deadlines, http_send

Signal = Literal["start", "success", "fail"]

SECONDS = 5.0
"""Time for one attempt: name look-up, connection, redirects and the answer's head."""

PAUSES = (1.0, 3.0)
"""Seconds between the attempts to send the outcome of a run."""

_KUMA = "/api/push/"
_LONGEST = 1000
_REDIRECTS = 3
_HEADERS = {"User-Agent": f"usage-tracker/{__version__}"}
_KEEPS_METHOD = {HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class PendingPing:
    """A ping that is sent in the background, so that nothing waits for its service."""

    def __init__(
        self, url: str | None, signal: Signal, text: str = "", pauses: Sequence[float] = ()
    ) -> None:
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._arguments = url, signal, text, pauses
        if url is not None:
            self._thread.start()

    def _send(self) -> None:
        url, signal, text, pauses = self._arguments
        self._problem = ping(url or "", signal, text, pauses)

    def wait(self) -> tuple[str, ...]:
        """Wait for the end of the attempts; return the problem, if any, without the URL."""
        if self._thread.ident is not None:
            self._thread.join()
        return () if self._problem is None else (self._problem,)


def ping(url: str, signal: Signal, text: str = "", pauses: Sequence[float] = ()) -> str | None:
    """Send `signal`, with `text` if something failed; return the problem, without the URL.

    After a failure that may pass it is sent again, after each of the `pauses` (seconds).
    """
    try:
        target = signal_url(url, signal, text)
        outcome = None if target is None else _send_repeatedly(target, text, pauses)
    except ValueError:  # of urllib.parse: of a redirect, too
        return "ping_url: not a valid URL"
    if isinstance(outcome, NoResponse):
        return f"ping_url: {outcome.reason}"
    if outcome is None or outcome.status // 100 == HTTPStatus.OK // 100:
        return None
    return f"ping_url: HTTP {outcome.status}"


def _send_repeatedly(target: str, text: str, pauses: Sequence[float]) -> Response | NoResponse:
    outcome = _send(target, text)
    for pause in pauses:
        if not _may_pass(outcome):
            break
        time.sleep(pause)
        outcome = _send(target, text)
    return outcome


def _may_pass(outcome: Response | NoResponse) -> bool:
    if isinstance(outcome, NoResponse):
        return True
    return outcome.status in _TRANSIENT or outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _send(target: str, text: str) -> Response | NoResponse:
    """Send one ping and follow redirects, all within SECONDS; never read a body."""
    end = time.monotonic() + SECONDS
    data = text[:_LONGEST].encode() if text and _KUMA not in target else None
    for _ in range(_REDIRECTS):
        request = requests.Request("GET" if data is None else "POST", target, _HEADERS, data=data)
        outcome = http_send(request, Deadlines(end, end), read_body=False)
        location = _location(outcome)
        if location is None:
            break
        target = urljoin(target, location)
        data = data if outcome.status in _KEEPS_METHOD else None
    return outcome


def _location(outcome: Response | NoResponse) -> str | None:
    """Return the address to which a response redirects."""
    if (
        isinstance(outcome, NoResponse)
        or outcome.status // 100 != HTTPStatus.MULTIPLE_CHOICES // 100
    ):
        return None
    return outcome.headers.get("location")


def signal_url(url: str, signal: Signal, text: str = "") -> str | None:
    """Return the URL for `signal`, None if the service has none."""
    parts = urlsplit(url)
    if _KUMA in parts.path:
        if signal == "start":
            return None
        status = {"status": "up" if signal == "success" else "down", "msg": text[:200] or "OK"}
        query = urlencode({**dict(parse_qsl(parts.query)), **status})
        return urlunsplit(parts._replace(query=query))
    if signal == "success":
        return url
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{signal}"))
