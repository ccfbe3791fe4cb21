import json
import sys
import time
from pathlib import Path

import pytest

from tests.gateway_server import Script, drip, serve, silence
from tests.receiver import Receiver
from usage_tracker.config.thresholds import Channels
from usage_tracker.installation import install_command
from usage_tracker.monitoring import deliver as delivery
from usage_tracker.monitoring.apprise_child import NOT_ENDED
from usage_tracker.monitoring.deliver import Delivery
from usage_tracker.monitoring.notice import Notice
from usage_tracker.store.alerts import Level

NOTICE = Notice(
    "work",
    "days",
    was=Level.OK,
    level=Level.WARNING,
    since=1_700_000_000_000,
    at=1_700_000_060_000,
    text="6 days left",
)


HANGS = {
    "silence": silence(),
    "a byte of the head at a time": drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05),
    "endless 100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "an endless body": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05),
}


def deliver(notice: Notice, channels: Channels) -> Delivery:
    (outcome,) = delivery.deliver([notice], channels)
    return outcome


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def test_apprise_reaches_a_real_receiver(receiver: Receiver) -> None:
    url = f"json://127.0.0.1:{receiver.port}/hook"
    assert deliver(NOTICE, Channels(urls=(url,))) == Delivery(1)
    (call,) = receiver.calls
    body = json.loads(call.body)
    assert call.path.startswith("/hook")
    assert (body["title"], body["message"]) == ("WARNING: work, days left", "6 days left (was OK)")
    assert body["type"] == "warning"


def test_a_command_gets_the_notice_as_json_on_its_input(tmp_path: Path) -> None:
    copy = (
        f"import sys, shutil; shutil.copyfileobj(sys.stdin, open({str(tmp_path / 'got')!r}, 'w'))"
    )
    assert deliver(NOTICE, Channels(command=python(copy))) == Delivery(1)
    assert json.loads((tmp_path / "got").read_text()) == {
        "schema": "usage-tracker.notice/1",
        "account": "work",
        "rule": "days",
        "level": "warning",
        "was": "ok",
        "since": "2023-11-14T22:13:20.000Z",
        "at": "2023-11-14T22:14:20.000Z",
        "title": "WARNING: work, days left",
        "text": "6 days left",
    }


def test_the_command_runs_without_a_shell(tmp_path: Path) -> None:
    touch = ("touch", f"{tmp_path}/$(echo here)")
    assert deliver(NOTICE, Channels(command=touch)) == Delivery(1)
    assert (tmp_path / "$(echo here)").exists()


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("/bin/false", "--password=hush"), "command 'false' failed: exit code 1"),
        (("/nowhere/hush/tell",), "command 'tell' failed: exit code 127"),
        (
            python("import sys; sys.exit('hush')"),
            f"command '{Path(sys.executable).name}' failed: exit code 1",
        ),
    ],
)
def test_a_failed_command_is_reported_without_its_arguments(
    command: tuple[str, ...], problem: str
) -> None:
    assert deliver(NOTICE, Channels(command=command)) == Delivery(0, (problem,))


def test_a_command_that_hangs_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.2)
    began = time.monotonic()
    outcome = deliver(NOTICE, Channels(command=("/bin/sh", "-c", "sleep 30 & sleep 30")))
    assert outcome.problems == ("command 'sh' failed: no answer within 0.2 s",)
    assert time.monotonic() - began < 5


def test_a_failed_service_is_reported_without_its_url(
    receiver: Receiver, capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.status = 500
    urls = (
        f"json://me:hush@127.0.0.1:{receiver.port}/hush?retry=0",
        "json://hush:x@127.0.0.1:1/hush",
        "nosuch://hush",
    )
    assert deliver(NOTICE, Channels(urls=urls)) == Delivery(
        0,
        (
            "urls[1] (json) failed",
            "urls[2] (json) failed",
            "urls[3] (nosuch) is not a URL that Apprise supports",
        ),
    )
    assert "hush" not in "".join(capfd.readouterr())


def test_a_failed_channel_does_not_stop_the_next(receiver: Receiver) -> None:
    urls = ("nosuch://x", f"json://127.0.0.1:{receiver.port}")
    outcome = deliver(NOTICE, Channels(urls=urls, command=("/bin/true",)))
    assert (outcome.reached, len(outcome.problems)) == (2, 1)


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
def test_a_service_that_hangs_delays_no_other_channel(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, script: Script
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 3.5)
    began = time.monotonic()
    with serve(script) as slow:
        urls = (slow.url.replace("http", "json"), f"json://127.0.0.1:{receiver.port}")
        channels = Channels(urls=urls, command=("/bin/true",))
        outcomes = delivery.deliver([NOTICE] * 9, channels)
    assert {each.reached for each in outcomes} == {2}
    problems = {problem for each in outcomes for problem in each.problems}
    assert problems <= {f"urls[1] (json) {NOT_ENDED}", "urls[1] (json) failed"}
    assert len(receiver.calls) == 9
    assert time.monotonic() - began < 12


@pytest.mark.parametrize(
    "end", ["time.sleep(60)", "sys.exit(3)", "print('x' * 10**6)", "os.abort()"]
)
def test_a_subprocess_that_goes_wrong_is_a_failed_delivery(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str
) -> None:
    (tmp_path / "child.py").write_text(f"import os, sys, time\n{end}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(delivery, "_CHILD", "child")
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    monkeypatch.setattr(delivery, "_START_SECONDS", 0.5)
    outcome = deliver(NOTICE, Channels(urls=("json://127.0.0.1",)))
    assert outcome.reached == 0
    assert outcome.problems[0].startswith("urls[1] (json) failed")


def test_a_command_whose_time_is_used_up_by_others_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    slow = ("/bin/sh", "-c", f"echo >>{tmp_path / 'runs'}; sleep 30")
    began = time.monotonic()
    outcomes = delivery.deliver([NOTICE] * 50, Channels(command=slow))
    assert time.monotonic() - began < 5
    assert {each.reached for each in outcomes} == {0}
    assert outcomes[-1].problems == ("command 'sh': not run in time",)
    assert len((tmp_path / "runs").read_text().splitlines()) <= 8


def test_a_command_may_print_as_much_as_it_likes() -> None:
    noisy = python("print('x' * 10**6)")
    assert deliver(NOTICE, Channels(command=noisy)) == Delivery(1)


def test_without_apprise_the_fix_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    outcome = deliver(NOTICE, Channels(urls=("json://127.0.0.1",), command=("/bin/true",)))
    assert outcome.reached == 1
    assert install_command("notify") in outcome.problems[0]


def test_channels_do_not_show_their_secrets() -> None:
    channels = Channels(("ntfy://hush",), ("tell", "hush"), "https://hc-ping.com/hush")
    assert "hush" not in repr(channels)
