"""`GET /api/user/self`: one account asked once.

What passes by itself (no connection, 502, 503, 504) is tried again, at most three
times; another host is asked only where the first gave no HTTP answer at all. One
deadline covers everything, and leaves each host its share of it to begin an answer.
"""

import random
import time
from collections.abc import Mapping
from http import HTTPStatus

from usage_tracker import __version__
from usage_tracker.capture.classify import judge
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.response import NoReply, Reply
from usage_tracker.capture.sanitise import plain
from usage_tracker.capture.transport import Limits, exchange
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account
from usage_tracker.config.base_url import check_base_url
from usage_tracker.config.token import Token

PATH = "/api/user/self"
DEADLINE = 30.0
_TRIES = 3
_PAUSE = 0.5
_PATIENCE = 10.0
_PASSING = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def fetch(account: Account, token: Token, *, deadline: float = DEADLINE) -> UserSelf:
    """What the gateway tells of `account`, within `deadline` seconds.

    Raises:
        GatewayError: There was no good answer.
        ConfigError: The token or an address cannot be used; nothing was sent.
    """
    headers = _headers(account, token)
    bases = (account.base_url, *account.fallback_urls)
    urls = [check_base_url(base, account.allow_http) + PATH for base in bases]
    outcome = _ask(urls, headers, time.monotonic() + deadline)
    if isinstance(outcome, NoReply):
        raise GatewayError(outcome.kind, outcome.status, plain(outcome.reason, token))
    return judge(outcome, token)


def _headers(account: Account, token: Token) -> dict[str, str]:
    return {
        "User-Agent": f"usage-tracker/{__version__}",
        **account.headers,
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
        "Authorization": token.authorization(account.auth),
    }


def _ask(urls: list[str], headers: Mapping[str, str], done: float) -> Reply | NoReply:
    """The first host's answer, or the next one's; if there is none, the first's reason."""
    outcomes = []
    for number, url in enumerate(urls):
        now = time.monotonic()
        begun = now + (done - now) / (len(urls) - number)
        outcome = _persist(url, headers, Limits(begun, done))
        if isinstance(outcome, Reply) or outcome.status is not None:
            return outcome
        outcomes.append(outcome)
        if time.monotonic() >= done:
            break
    return outcomes[0]


def _persist(url: str, headers: Mapping[str, str], limits: Limits) -> Reply | NoReply:
    """The last HTTP answer of as many tries as make sense; if there is none, why."""
    heard, tried = None, 0
    while True:
        outcome = exchange(url, headers, limits)
        tried += 1
        if isinstance(outcome, Reply):
            heard, limits = outcome, Limits(limits.done, limits.done)  # nobody else is asked
        pause = _pause(outcome, tried)
        if pause is None or tried == _TRIES or time.monotonic() + pause >= limits.begun:
            return heard or outcome
        time.sleep(pause)


def _pause(outcome: Reply | NoReply, tried: int) -> float | None:
    """The seconds to wait before another try; `None` if that would not help."""
    backoff = _PAUSE * 2 ** (tried - 1) * random.uniform(0.5, 1)  # noqa: S311 (spreads crons)
    if isinstance(outcome, NoReply):
        return backoff if outcome.kind is Kind.NETWORK else None
    if outcome.status == HTTPStatus.TOO_MANY_REQUESTS:
        asked = outcome.retry_after
        return asked if asked is not None and asked <= _PATIENCE else None
    return backoff if outcome.status in _PASSING else None
