import json
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import SECRETS, USER_SELF, Gateway, http_reply, json_reply
from usage_tracker.capture import poll
from usage_tracker.cli.commands.doctor import _lines
from usage_tracker.doctor import clock
from usage_tracker.doctor.diagnostic import Diagnostic, Gravity
from usage_tracker.times import DAY, now_ms


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither cron nor systemd."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


def spaced(text: str) -> str:
    """`text` with one space between its words."""
    return " ".join(text.split())


@pytest.mark.usefixtures("gateway", "empty_database")
def test_what_is_wrong_is_told_with_its_cure(tracker: Tracker) -> None:
    result = tracker("doctor")
    assert result.exit_code == 1
    assert "ok     token" in result.stdout
    assert spaced(result.stdout).startswith("WRONG history default: no snapshot yet")
    assert "-> run `tracker snapshot`" in result.stdout
    assert not any(secret in result.output for secret in SECRETS)


@pytest.mark.usefixtures("gateway", "empty_database")
def test_nothing_wrong_exits_with_0_and_nothing_was_stored(tracker: Tracker) -> None:
    tracker("snapshot")
    before = tracker("history").stdout
    result = tracker("doctor", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["schema"] == "usage-tracker.doctor/1"
    assert {finding["gravity"] for finding in document["findings"]} == {"ok", "note"}
    assert all(finding["cure"] for finding in document["findings"] if finding["gravity"] == "note")
    assert tracker("history").stdout == before


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize("hours", [-3, 72, -720])
def test_a_wrong_clock_is_the_only_problem(
    tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr(clock, "is_synchronised", lambda: False)
    date = formatdate(time.time() + hours * 3600, usegmt=True)
    gateway.script = json_reply(USER_SELF, headers={"Date": date})
    assert tracker("snapshot").exit_code == 0
    found = json.loads(tracker("doctor", "--json").stdout)["findings"]
    assert [each["subject"] for each in found if each["gravity"] == "wrong"] == ["clock"]


def test_a_gateway_that_is_down_is_told(tracker: Tracker, gateway: Gateway) -> None:
    gateway.script = http_reply(500)
    result = tracker("doctor")
    assert result.exit_code == 1
    assert "WRONG network default: the gateway, or a proxy in front of it" in spaced(result.stdout)


def test_a_firewall_that_refused_for_a_day_is_told_with_what_helps(
    tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.script = http_reply(403, b"<!DOCTYPE html>")
    assert "it may pass by itself" in spaced(tracker("doctor").stdout)
    with monkeypatch.context() as a_day_ago:
        a_day_ago.setattr(poll, "now_ms", lambda: now_ms() - DAY)
        tracker("snapshot")
    assert "ask the gateway's operator" in spaced(tracker("doctor").stdout)


def test_nothing_configured_is_told(tracker: Tracker) -> None:
    result = tracker("doctor", "--quiet")
    assert result.exit_code == 1
    assert "no account is configured" in result.stdout
    assert "ok " not in result.stdout


def diagnostic(gravity: Gravity, subject: str = "clock", cure: str = "") -> Diagnostic:
    return Diagnostic(subject, gravity, f"is {gravity}", cure)


def test_the_worst_comes_first_and_all_are_counted() -> None:
    found = [
        diagnostic("ok"),
        diagnostic("note", cure="wait"),
        diagnostic("wrong", "a long subject"),
    ]
    assert list(_lines([*found, diagnostic("note")], quiet=False)) == [
        "WRONG  a long subject  is wrong",
        "note   clock           is note",
        "                       -> wait",
        "note   clock           is note",
        "ok     clock           is ok",
        "",
        "1 problem, 2 notes.",
    ]
    assert list(_lines(found[:1], quiet=False))[-1] == "No problems."
    assert list(_lines(found[:1], quiet=True)) == []
