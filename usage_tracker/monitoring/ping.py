"""Pings of a dead man's switch: a service that raises an alarm when the pings stop.

| service | start | success | failure |
|---|---|---|---|
| healthchecks.io and others | `URL/start` | `URL` | `URL/fail` |
| Uptime Kuma (`/api/push/…`) | none | `?status=up&msg=OK` | `?status=down&msg=…` |

The URL is a secret.
"""

from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

from usage_tracker import __version__
from usage_tracker.capture.network_errors import classify_error

Signal = Literal["start", "success", "fail"]

SECONDS = 5.0
_KUMA = "/api/push/"
_LONGEST = 1000


def ping(url: str, signal: Signal, text: str = "") -> str | None:
    """Send `signal`, with `text` if something failed; return the problem, without the URL."""
    try:
        target = signal_url(url, signal, text)
        status = HTTPStatus.OK if target is None else _request(target, text)
    except requests.RequestException as error:
        return f"ping_url: {classify_error(error, None).reason}"
    except ValueError:
        return "ping_url: not a valid URL"
    return None if status < HTTPStatus.BAD_REQUEST else f"ping_url: HTTP {status}"


def _request(target: str, text: str) -> int:
    """Return the status of the answer, without reading its body."""
    post = bool(text) and _KUMA not in target
    with requests.request(
        "POST" if post else "GET",
        target,
        data=text[:_LONGEST].encode() if post else None,
        headers={"User-Agent": f"usage-tracker/{__version__}"},
        timeout=SECONDS,
        stream=True,
    ) as answer:
        return answer.status_code


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
