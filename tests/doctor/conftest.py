import datetime as dt
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.gateway_server import TOKEN, Gateway, answers, json_reply, serve, user_self
from usage_tracker.doctor import clock

STATUS = {"success": True, "data": {"quota_per_unit": 500000}}


def dated(seconds: float = 0) -> dict[str, str]:
    """Return a `Date` header `seconds` ahead of the local clock."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return {"Date": format_datetime(moment, usegmt=True)}


@pytest.fixture(autouse=True)
def _no_network_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "is_synchronised", lambda: False)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A healthy gateway."""
    user = json_reply(user_self(notify=True, quota_remind_threshold=500_000))
    with serve(answers(user, json_reply(STATUS, headers=dated()))) as gateway:
        yield gateway


@pytest.fixture
def config(tmp_path: Path, gateway: Gateway) -> Path:
    """A configuration with one account, whose token is in a file."""
    _private(tmp_path / "key", TOKEN)
    text = f"""
database = "usage.db"

[notify]
command = ["true"]

[[account]]
name = "work"
base_url = "{gateway.url}"
token_file = "key"
"""
    return _private(tmp_path / "config.toml", text)


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
