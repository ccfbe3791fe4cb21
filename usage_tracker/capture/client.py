"""`GET /api/user/self` for one account, with retries and fallback hosts.

Transient failures (no connection, 502, 503, 504) are retried, at most three attempts
a host. A fallback host is tried only if the first gave no HTTP response at all. One
deadline covers everything, and each host gets an equal share of it for the head of
its response.
"""

import random
import time
from collections.abc import Mapping
from http import HTTPStatus

from usage_tracker import __version__
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.response import NoResponse, Response, classify
from usage_tracker.capture.transport import Deadlines, http_get
from usage_tracker.capture.user import UserSelf, sanitise
from usage_tracker.config.accounts import Account
from usage_tracker.config.base_url import check_base_url
from usage_tracker.config.credentials import Token

PATH = "/api/user/self"
DEADLINE = 30.0
_ATTEMPTS = 3
_BACKOFF = 0.5
_MAX_RETRY_AFTER = 10.0
_TRANSIENT = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def fetch(account: Account, token: Token, *, deadline: float = DEADLINE) -> UserSelf:
    """Return the gateway's answer for `account`, within `deadline` seconds.

    Raises:
        GatewayError: The request failed.
        ConfigError: The token or an address is invalid; nothing was sent.
    """
    headers = _headers(account, token)
    bases = (account.base_url, *account.fallback_urls)
    urls = [check_base_url(base, account.allow_http) + PATH for base in bases]
    outcome = _get_with_fallback(urls, headers, time.monotonic() + deadline)
    if isinstance(outcome, NoResponse):
        error = GatewayError(outcome.kind, outcome.status, sanitise(outcome.reason, token))
        if outcome.fix:
            error.replace_fix(outcome.fix)
        raise error
    return classify(outcome, token)


def _headers(account: Account, token: Token) -> dict[str, str]:
    return {
        "User-Agent": f"usage-tracker/{__version__}",
        **account.headers,
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
        "Authorization": token.authorization(account.auth),
    }


def _get_with_fallback(
    urls: list[str], headers: Mapping[str, str], end: float
) -> Response | NoResponse:
    """Return the first host's HTTP response; if no host has one, the first host's failure."""
    failures = []
    for number, url in enumerate(urls):
        now = time.monotonic()
        head = now + (end - now) / (len(urls) - number)
        outcome = _get_with_retries(url, headers, Deadlines(head, end))
        if isinstance(outcome, Response) or outcome.status is not None:
            return outcome
        failures.append(outcome)
        if time.monotonic() >= end:
            break
    return failures[0]


def _get_with_retries(
    url: str, headers: Mapping[str, str], deadlines: Deadlines
) -> Response | NoResponse:
    """Return the last HTTP response of all attempts; if there is none, the last failure."""
    last_response, attempts = None, 0
    while True:
        outcome = http_get(url, headers, deadlines)
        attempts += 1
        if isinstance(outcome, Response):  # no fallback follows: this host may use all the time
            last_response, deadlines = outcome, Deadlines(deadlines.body, deadlines.body)
        delay = _retry_delay(outcome, attempts)
        if delay is None or attempts == _ATTEMPTS or time.monotonic() + delay >= deadlines.head:
            return last_response or outcome
        time.sleep(delay)


def _retry_delay(outcome: Response | NoResponse, attempts: int) -> float | None:
    """Return the seconds to wait before the next attempt; None if a retry is pointless."""
    jitter = random.uniform(0.5, 1)  # noqa: S311 (many crontabs start in the same second)
    backoff = _BACKOFF * 2 ** (attempts - 1) * jitter
    if isinstance(outcome, NoResponse):
        return backoff if outcome.kind is Kind.NETWORK and not outcome.fix else None
    if outcome.status == HTTPStatus.TOO_MANY_REQUESTS:
        delay = outcome.retry_after
        return delay if delay is not None and delay <= _MAX_RETRY_AFTER else None
    return backoff if outcome.status in _TRANSIENT else None
