"""A dead man's switch: a URL that is called after every run, and complains when it is not.

healthchecks.io and its relatives are told of a start at `URL/start`, of a success
at `URL` and of a failure at `URL/fail`; Uptime Kuma (`/api/push/…`) is told by the
parameters `status` and `msg`, and of no start. The URL is a secret.
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
    """Tell `signal`, with `text` if something failed; the problem in words, or None."""
    try:
        target = signal_url(url, signal, text)
        status = HTTPStatus.OK if target is None else _call(target, text)
    except requests.RequestException as error:
        return f"ping_url: {classify_error(error, None).reason}"
    except ValueError:
        return "ping_url: it is no URL"
    return None if status < HTTPStatus.BAD_REQUEST else f"ping_url: HTTP {status}"


def _call(target: str, text: str) -> int:
    """The status of the answer, whose body nobody waits for."""
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
    """The URL that stands for `signal`; None if the service knows none."""
    parts = urlsplit(url)
    if _KUMA in parts.path:
        return None if signal == "start" else _push(url, signal, text)
    if signal == "success":
        return url
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{signal}"))


def _push(url: str, signal: Signal, text: str) -> str:
    parts = urlsplit(url)
    told = {"status": "up" if signal == "success" else "down", "msg": text[:200] or "OK"}
    return urlunsplit(parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **told})))
