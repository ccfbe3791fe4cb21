import errno
import json
import socket
from typing import Any

import pytest

from tests.capture.calls import fetch_error, fetch_from
from tests.gateway_server import (
    TOKEN,
    USER_SELF,
    Gateway,
    Script,
    http_reply,
    in_turn,
    json_reply,
    raw,
    reset,
    unused_url,
)
from usage_tracker import __version__
from usage_tracker.capture.errors import Kind
from usage_tracker.config.base_url import BaseUrlError, PlainHttpError
from usage_tracker.config.credentials import (
    EmptyTokenError,
    InferenceKeyError,
    UnsendableTokenError,
)
from usage_tracker.errors import ConfigError

HTML = http_reply(200, b"<html>")
BREAKS_OFF = http_reply(200, b"{", {"Content-Length": "9999"})


def refusal(message: str, status: int) -> Script:
    return json_reply({"success": False, "message": message}, status)


def test_an_answer_has_its_host(gateway: Gateway) -> None:
    assert fetch_from(gateway.url).host == gateway.url.removeprefix("http://")


def test_the_call_is_the_documented_one(gateway: Gateway) -> None:
    fetch_from(gateway.url + "/some/path/")
    (request,) = gateway.requests
    assert (request.method, request.path) == ("GET", "/some/path/api/user/self")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == f"usage-tracker/{__version__}"


def test_a_raw_key_and_extra_headers_are_sent_as_configured(gateway: Gateway) -> None:
    headers = {"New-Api-User": "42", "user-agent": "Mozilla/5.0", "Accept-Encoding": "br"}
    fetch_from(gateway.url, auth="raw", headers=headers)
    (request,) = gateway.requests
    assert request.headers["authorization"] == TOKEN
    assert request.headers["new-api-user"] == "42"
    assert request.headers["user-agent"] == "Mozilla/5.0"
    assert request.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("sk-0123456789abcdef", InferenceKeyError),
        ("SK-0123456789abcdef", InferenceKeyError),
        ("", EmptyTokenError),
        ("fd01\r\nX-Evil: 1", UnsendableTokenError),
        ("fd01…abcd", UnsendableTokenError),
        ("fd 01", UnsendableTokenError),
    ],
)
def test_what_is_no_manage_key_is_never_sent(
    gateway: Gateway, token: str, error: type[ConfigError]
) -> None:
    with pytest.raises(error) as caught:
        fetch_from(gateway.url, token=token)
    assert caught.value.sysexit == 78
    assert not gateway.requests
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"url": "http://gateway.example"}, PlainHttpError),
        ({"fallback_urls": ("http://gateway.example",)}, PlainHttpError),
        ({"url": "https://me:secret@gateway.example"}, BaseUrlError),
    ],
)
def test_the_key_goes_to_no_address_that_is_not_fit_for_it(
    gateway: Gateway, settings: dict[str, Any], error: type[ConfigError]
) -> None:
    with pytest.raises(error):
        fetch_from(**{"url": gateway.url, **settings})
    assert not gateway.requests


@pytest.mark.parametrize(
    "passing", [http_reply(502), http_reply(503), http_reply(504), reset(), raw(b"")]
)
def test_what_passes_by_itself_is_tried_three_times(gateway: Gateway, passing: Script) -> None:
    gateway.script = in_turn(passing, passing, json_reply(USER_SELF))
    assert fetch_from(gateway.url).quota == 29071257
    gateway.script = passing
    fetch_error(gateway.url)
    assert len(gateway.requests) == 6


@pytest.mark.parametrize("lasting", [http_reply(500), http_reply(429), http_reply(404), HTML])
def test_what_lasts_is_not_tried_again(gateway: Gateway, lasting: Script) -> None:
    gateway.script = lasting
    fetch_error(gateway.url)
    assert len(gateway.requests) == 1


def test_a_time_out_is_not_tried_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own time-out of a connection comes before the deadline."""
    asked = []

    def connect(_: socket.socket, address: object) -> None:
        asked.append(address)
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert fetch_error(gateway.url).kind == Kind.TIMEOUT
    assert len(asked) == 1


def test_a_short_retry_after_is_waited_for(gateway: Gateway) -> None:
    busy = http_reply(429, headers={"Retry-After": "0"})
    gateway.script = in_turn(busy, json_reply(USER_SELF))
    assert fetch_from(gateway.url).quota == 29071257


def test_a_retry_that_would_miss_the_deadline_is_not_waited_for(gateway: Gateway) -> None:
    gateway.script = http_reply(429, headers={"Retry-After": "9"})
    assert fetch_error(gateway.url, deadline=1).kind == Kind.RATE_LIMITED
    assert len(gateway.requests) == 1


def test_an_answer_counts_for_more_than_the_silence_after_it(gateway: Gateway) -> None:
    gateway.script = in_turn(http_reply(503), reset())
    error = fetch_error(gateway.url, fallback_urls=(unused_url(),))
    assert (error.kind, error.http_status) == (Kind.SERVER_ERROR, 503)


def test_another_host_is_asked_where_the_first_gives_no_answer(gateway: Gateway) -> None:
    answer = fetch_from(unused_url(), fallback_urls=(gateway.url,))
    assert answer.host == gateway.url.removeprefix("http://")


@pytest.mark.parametrize(
    "answer",
    [
        http_reply(500),
        refusal("no", 401),
        HTML,
        BREAKS_OFF,
    ],
    ids=["500", "401", "HTML", "breaks off"],
)
def test_no_other_host_is_asked_after_an_answer(gateway: Gateway, answer: Script) -> None:
    gateway.script = in_turn(answer, answer, answer, json_reply(USER_SELF))
    tries = 3 if fetch_error(gateway.url, fallback_urls=(gateway.url,)).kind == Kind.NETWORK else 1
    assert len(gateway.requests) == tries


def test_where_no_host_answers_the_configured_one_gives_the_reason(gateway: Gateway) -> None:
    gateway.greeting = b"SSH-2.0-OpenSSH_9.2\r\n"
    error = fetch_error(unused_url(), fallback_urls=(gateway.url.replace("http:", "https:"),))
    assert (error.kind, error.detail) == (Kind.NETWORK, "Connection refused")


def test_the_gateways_message_is_shown_short_and_without_the_token(gateway: Gateway) -> None:
    words = f"<b>Bad</b>\r\n\x1b[31mtoken\u202e {TOKEN} {TOKEN[:20]} {TOKEN.upper()} " + "x" * 300
    gateway.script = refusal(words, 401)
    error = fetch_error(gateway.url)
    assert error.detail.startswith("Bad [31mtoken *** *** *** xxx")
    assert len(error.detail) == 200


def test_the_request_id_is_shown(gateway: Gateway) -> None:
    gateway.script = json_reply({}, 401, {"X-Oneapi-Request-Id": f"2026-{TOKEN}\t7"})
    error = fetch_error(gateway.url)
    assert error.request_id == "2026-*** 7"
    assert "request 2026-*** 7" in str(error)


def test_a_redirect_is_not_followed_and_only_its_host_is_shown(gateway: Gateway) -> None:
    location = f"{gateway.url}/elsewhere?token={TOKEN}"
    gateway.script = http_reply(302, headers={"Location": location})
    assert fetch_error(gateway.url).detail == "to 127.0.0.1"
    assert len(gateway.requests) == 1


def test_garbage_in_a_header_reaches_no_screen(
    gateway: Gateway, capfd: pytest.CaptureFixture[str]
) -> None:
    head = f"HTTP/1.1 200 OK\r\nX: y\r\n{TOKEN} garbage\r\n: more\r\n\r\n"
    gateway.script = raw(head.encode() + json.dumps(USER_SELF).encode())
    fetch_from(gateway.url)
    assert capfd.readouterr() == ("", "")
