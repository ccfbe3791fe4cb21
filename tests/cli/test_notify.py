import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import TOKEN, Gateway, http_reply
from tests.receiver import Receiver


@pytest.fixture
def config(tmp_path: Path, gateway: Gateway, receiver: Receiver) -> Path:
    """An account with less left than the threshold, and somebody to tell."""
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
[check]
warning_balance = 1000

[notify]
urls = ["json://127.0.0.1:{receiver.port}/hook"]
ping_url = "{receiver.url}/ping"

[[account]]
name = "work"
base_url = "{gateway.url}"
token_env = "TRACKER_TOKEN"
"""
    )
    return path


def test_a_snapshot_tells_what_has_changed_once(
    tracker: Tracker, config: Path, receiver: Receiver
) -> None:
    for _ in range(2):
        assert tracker("snapshot", "--notify", "--config", str(config)).exit_code == 0
    paths = [call.path.partition("?")[0] for call in receiver.calls]
    assert paths == ["/ping/start", "/ping", "/hook", "/ping/start", "/ping"]
    assert json.loads(receiver.calls[2].body)["title"] == "WARNING: work, balance"


def test_without_notify_nobody_is_told(tracker: Tracker, config: Path, receiver: Receiver) -> None:
    assert tracker("snapshot", "--config", str(config)).exit_code == 0
    assert receiver.calls == []


def test_whoever_cannot_be_told_does_not_fail_the_snapshot(
    tracker: Tracker, config: Path, receiver: Receiver
) -> None:
    receiver.status = 500
    result = tracker("snapshot", "--quiet", "--notify", "--config", str(config))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "tracker: notify: ping_url: HTTP 500",
        "tracker: notify: work: urls[1] (json) failed",
    ]


def test_a_failed_snapshot_is_told_to_the_switch_with_its_own_exit_code(
    tracker: Tracker, config: Path, receiver: Receiver, gateway: Gateway
) -> None:
    gateway.script = http_reply(500)
    assert tracker("snapshot", "--notify", "--config", str(config)).exit_code == 69
    assert [call.path for call in receiver.calls] == ["/ping/start", "/ping/fail"]
    assert TOKEN not in receiver.calls[1].body


def test_a_database_that_cannot_be_opened_is_told_to_the_switch(
    tracker: Tracker, config: Path, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 400)
    words = ("snapshot", "--notify", "--config", str(config), "--db", str(tmp_path / "x.db"))
    assert tracker(*words).exit_code == 74
    assert [call.path for call in receiver.calls] == ["/ping/start", "/ping/fail"]
    assert "x.db" in receiver.calls[1].body
    receiver.status = 500
    assert "tracker: notify: ping_url: HTTP 500" in tracker(*words).stderr
