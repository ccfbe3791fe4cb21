import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import (
    TOKEN,
    Call,
    Gateway,
    Script,
    drip,
    http_reply,
    serve,
    silence,
)
from tests.receiver import Receiver

HANGS = {
    "silence": silence(),
    "a byte of the head at a time": drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05),
    "endless 100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
}


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


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a failed ping again at once."""
    monkeypatch.setattr("usage_tracker.monitoring.hooks.PAUSES", (0.0, 0.0))


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
    assert receiver.calls[1].body == "the database could not be opened, read or written"
    receiver.status = 500
    assert "tracker: notify: ping_url: HTTP 500" in tracker(*words).stderr


def configured(tmp_path: Path, gateway: Gateway, channels: str) -> str:
    path = tmp_path / "config.toml"
    account = f'name = "work"\nbase_url = "{gateway.url}"\ntoken_env = "TRACKER_TOKEN"'
    path.write_text(
        f"[check]\nwarning_balance = 1000\n[notify]\n{channels}\n[[account]]\n{account}\n"
    )
    return str(path)


def test_the_gateway_is_asked_while_a_ping_is_on_its_way(
    tracker: Tracker, gateway: Gateway, tmp_path: Path
) -> None:
    def answer_after_the_gateway(call: Call) -> None:
        while not gateway.requests and not call.stopping.is_set():
            call.pause(0.01)
        http_reply(200)(call)

    with serve(answer_after_the_gateway) as slow:
        path = configured(tmp_path, gateway, f'ping_url = "{slow.url}"')
        result = tracker("snapshot", "--quiet", "--notify", "--config", path)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
def test_a_run_ends_in_time_though_pings_and_notices_hang(
    tracker: Tracker,
    gateway: Gateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
) -> None:
    monkeypatch.setattr("usage_tracker.monitoring.ping.SECONDS", 0.5)
    monkeypatch.setattr("usage_tracker.monitoring.deliver.SECONDS", 1.0)
    began = time.monotonic()
    with serve(script) as slow:
        url = slow.url.replace("http", "json")
        path = configured(tmp_path, gateway, f'urls = ["{url}"]\nping_url = "{slow.url}"')
        result = tracker("snapshot", "--quiet", "--notify", "--config", path)
    assert time.monotonic() - began < 15
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "tracker: notify: ping_url: the deadline passed",
        "tracker: notify: work: urls[1] (json) failed: not sent in time",
    ]
