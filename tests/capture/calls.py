"""Calls of a test gateway, and the check that they leak no secret."""

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


def fetch_from(url: str, *, deadline: float = 5.0, token: str = TOKEN, **settings: Any) -> UserSelf:
    return fetch(account(url, **settings), Token(token), deadline=deadline)


def fetch_error(url: str, **settings: Any) -> GatewayError:
    """Return the error of `fetch_from`, which is one line without a secret."""
    with pytest.raises(GatewayError) as caught:
        fetch_from(url, **settings)
    error = caught.value
    assert "\n" not in str(error)
    assert_no_secret(f"{error} {error!r} {error.detail} {error.request_id} {error.__context__!r}")
    assert error.__context__ is None
    return error


def assert_no_secret(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text


@contextmanager
def finishes_within(seconds: float) -> Iterator[None]:
    """Require an end within `seconds`, with some tolerance for a busy machine."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start <= seconds + SLOWNESS
