"""Whatever this machine has set for proxies and certificates does not reach these tests."""

import os
from collections.abc import Iterator

import pytest

from tests.gateway_server import USER_SELF, Gateway, json_reply, serve
from usage_tracker.capture import client


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy") or name in {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_BACKOFF", 0.001)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serve(json_reply(USER_SELF)) as running:
        yield running
