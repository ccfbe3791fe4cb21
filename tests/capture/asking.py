"""Asking a test gateway, and what must never be seen of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.gateway_server import SECRETS, TOKEN
from usage_tracker.capture.client import fetch
from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.config.credentials import Token

SLOWNESS = 3.0


def account(url: str, name: str = "default", **settings: Any) -> Account:
    return Account(name, TokenFromEnv("TRACKER_TOKEN"), base_url=url, **settings)


def ask(url: str, *, deadline: float = 5.0, token: str = TOKEN, **settings: Any) -> UserSelf:
    return fetch(account(url, **settings), Token(token), deadline=deadline)


def fail(url: str, **settings: Any) -> GatewayError:
    """The error that `ask` ends with; it is one line and tells no secret."""
    with pytest.raises(GatewayError) as caught:
        ask(url, **settings)
    error = caught.value
    assert "\n" not in str(error)
    assert_no_secret(f"{error} {error!r} {error.detail} {error.request_id} {error.__context__!r}")
    assert error.__context__ is None
    return error


def assert_no_secret(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text


@contextmanager
def takes_at_most(seconds: float) -> Iterator[None]:
    """No longer than that, but for a busy machine's slowness; without a limit it is far longer."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start <= seconds + SLOWNESS
