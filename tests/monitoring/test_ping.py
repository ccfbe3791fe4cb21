from urllib.parse import parse_qs, urlsplit

import pytest

from tests.receiver import Call, Receiver
from usage_tracker.monitoring.ping import ping, signal_url


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
