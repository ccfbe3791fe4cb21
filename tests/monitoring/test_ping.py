import time
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway_server import (
    Script,
    after,
    drip,
    http_reply,
    in_turn,
    reset,
    serve,
    silence,
)
from tests.receiver import Call, Receiver
from usage_tracker.monitoring import ping as pings
from usage_tracker.monitoring.ping import PendingPing, ping, signal_url

HANGS = {
    "silence": silence(),
    "a byte of the status at a time": drip(b"HTTP/1.1 2", b"0", 0.05),
    "a byte of the head at a time": drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05),
    "endless 100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "slow redirects": after(0.25, http_reply(302, headers={"Location": "/again"})),
}
QUICK = (0.01, 0.01)


def test_healthchecks_gets_start_success_and_fail(receiver: Receiver) -> None:
    url = f"{receiver.url}/uuid"
    assert ping(url, "start") is None
    assert ping(url, "success") is None
    assert ping(url, "fail", "work: no answer") is None
    assert receiver.calls == [
        Call("GET", "/uuid/start", ""),
        Call("GET", "/uuid", ""),
        Call("POST", "/uuid/fail", "work: no answer"),
    ]


def test_the_signal_goes_before_the_query() -> None:
    url = "https://hc-ping.com/key/slug?create=1"
    assert signal_url(url, "fail") == "https://hc-ping.com/key/slug/fail?create=1"
    assert signal_url(url, "success") == url


def test_uptime_kuma_gets_up_and_down(receiver: Receiver) -> None:
    url = f"{receiver.url}/api/push/key?status=up&msg=OK&ping="
    assert ping(url, "start") is None
    assert ping(url, "success") is None
    assert ping(url, "fail", "no answer & more") is None
    queries = [parse_qs(urlsplit(call.path).query) for call in receiver.calls]
    assert [call.method for call in receiver.calls] == ["GET", "GET"]
    assert queries == [
        {"status": ["up"], "msg": ["OK"]},
        {"status": ["down"], "msg": ["no answer & more"]},
    ]


def test_a_failed_ping_is_reported_without_its_url(receiver: Receiver) -> None:
    receiver.status = 404
    assert ping(f"{receiver.url}/hush", "success") == "ping_url: HTTP 404"
    assert ping("http://127.0.0.1:1/hush", "success") == "ping_url: Connection refused"
    assert ping("http://[bad/hush", "success") == "ping_url: not a valid URL"


@pytest.mark.parametrize("signal", ["start", "success", "fail"])
def test_a_long_text_is_cut(receiver: Receiver, signal: str) -> None:
    assert ping(receiver.url, signal, "x" * 100_000) is None  # type: ignore[arg-type]
    assert len(receiver.calls[0].body) <= 1000


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
def test_a_slow_service_has_one_deadline_over_everything(
    monkeypatch: pytest.MonkeyPatch, script: Script
) -> None:
    monkeypatch.setattr(pings, "SECONDS", 0.5)
    began = time.monotonic()
    with serve(script) as server:
        assert ping(server.url, "success") in {
            "ping_url: the deadline passed",
            "ping_url: HTTP 302",
        }
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "broken", [http_reply(500), http_reply(429), reset(), after(0.2, silence())]
)
def test_the_outcome_is_sent_again_after_a_failure_that_may_pass(
    monkeypatch: pytest.MonkeyPatch, broken: Script
) -> None:
    monkeypatch.setattr(pings, "SECONDS", 0.3)
    with serve(in_turn(broken, broken, http_reply(200))) as server:
        assert PendingPing(server.url, "success", pauses=QUICK).wait() == ()
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_ping_that_is_refused_is_not_sent_again(receiver: Receiver, status: int) -> None:
    receiver.status = status
    assert ping(receiver.url, "success", "", QUICK) == f"ping_url: HTTP {status}"
    assert len(receiver.calls) == 1


def test_a_redirect_is_followed(receiver: Receiver) -> None:
    moved = http_reply(308, headers={"Location": f"{receiver.url}/moved"})
    with serve(moved) as server:
        assert ping(server.url, "fail", "work: no answer") is None
    assert receiver.calls == [Call("POST", "/moved", "work: no answer")]


@pytest.mark.parametrize("location", ["/again", "http://[bad/", "file:///etc/passwd", ""])
def test_a_redirect_that_leads_nowhere_is_a_problem(location: str) -> None:
    with serve(http_reply(301, headers={"Location": location})) as server:
        assert (ping(server.url, "success") or "").startswith("ping_url: ")


def test_an_endless_body_is_not_read() -> None:
    with serve(drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)) as server:
        began = time.monotonic()
        assert ping(server.url, "success") is None
    assert time.monotonic() - began < 1


def test_without_a_url_nothing_is_sent() -> None:
    assert PendingPing(None, "start").wait() == ()
