import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.capture.calls import assert_no_secret, fetch_error, fetch_from, finishes_within
from tests.gateway_server import (
    TOKEN,
    USER_SELF,
    Call,
    Gateway,
    Script,
    drip,
    http_reply,
    in_turn,
    json_reply,
    raw,
    serve,
    silence,
    unused_url,
)
from usage_tracker.capture.errors import Kind
from usage_tracker.capture.transport import DeadlineExceededError, connect_with_deadline

DEADLINE = 0.2
LONG_DEADLINE = 3.0  # in which a busy machine too finds time for what is to succeed
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

SLOW: dict[str, Script] = {
    "silence": silence(),
    "a status line in drips": drip(b"HTTP/1.1 2", b"0", 0.02),
    "one endless header in drips": drip(HEAD + b"X: ", b"y", 0.02),
    "endless headers": drip(HEAD, b"X: y\r\n", 0.02),
    "a hundred hundreds": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
    "a body in drips": drip(HEAD + b"\r\n", b" ", 0.02),
    "a body in a fine drizzle": drip(HEAD + b"\r\n", b" ", 0),
    "an announced body in drips": drip(HEAD + b"Content-Length: 999\r\n\r\n", b" ", 0.02),
    "chunks in drips": drip(CHUNKED, b"1\r\n \r\n", 0.02),
    "a chunk size in drips": drip(CHUNKED, b"0", 0.02),
    "trailers in drips": drip(CHUNKED + b"0\r\n", b"X: y\r\n", 0.02),
    "an error page in drips": drip(b"HTTP/1.1 503 Busy\r\n\r\n", b" ", 0.02),
    "an answer that stops": raw(HEAD + b"\r\n{", b"}", every=5),
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_nothing_outlasts_the_deadline(gateway: Gateway, slow: Script) -> None:
    gateway.script = slow
    with finishes_within(DEADLINE + 0.3):
        error = fetch_error(gateway.url, deadline=DEADLINE)
    assert error.kind == Kind.TIMEOUT
    assert len(gateway.requests) == 1


def test_nothing_outlasts_the_deadline_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(SLOW["endless headers"], tls=True, folder=tmp_path) as gateway:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(gateway.ca_file))
        with finishes_within(DEADLINE + 0.3):
            assert fetch_error(gateway.url, deadline=DEADLINE).kind == Kind.TIMEOUT
        assert gateway.requests


def test_a_byte_just_in_time_buys_no_more_time(gateway: Gateway) -> None:
    gateway.script = raw(HEAD, b"X", b"Y", every=0.6)
    with finishes_within(1):
        assert fetch_error(gateway.url, deadline=0.7).kind == Kind.TIMEOUT


def test_retries_share_the_deadline(gateway: Gateway) -> None:
    gateway.script = in_turn(raw(b""), silence())
    with finishes_within(DEADLINE + 0.3):
        assert fetch_error(gateway.url, deadline=DEADLINE).kind == Kind.TIMEOUT


def test_a_host_that_cannot_be_reached_leaves_time_for_the_next(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_on_names(monkeypatch)
    with finishes_within(LONG_DEADLINE):
        answer = fetch_from(
            "https://hangs.example", fallback_urls=(gateway.url,), deadline=LONG_DEADLINE
        )
    assert answer.quota == 29071257


@pytest.mark.parametrize("script", [silence(), SLOW["endless headers"]], ids=["silent", "slow"])
def test_a_host_that_does_not_answer_leaves_time_for_the_next(
    gateway: Gateway, script: Script
) -> None:
    with serve(script) as silent, finishes_within(LONG_DEADLINE):
        answer = fetch_from(silent.url, fallback_urls=(gateway.url,), deadline=LONG_DEADLINE)
    assert answer.quota == 29071257


def test_all_hosts_together_keep_to_the_deadline() -> None:
    with serve(silence()) as one, serve(silence()) as other, finishes_within(LONG_DEADLINE + 0.3):
        error = fetch_error(one.url, fallback_urls=(other.url,), deadline=LONG_DEADLINE)
    assert error.kind == Kind.TIMEOUT
    assert other.requests


def test_an_answer_that_has_begun_has_the_whole_deadline(gateway: Gateway) -> None:
    slow = raw(HEAD + b"\r\n", json.dumps(USER_SELF).encode(), every=0.6 * LONG_DEADLINE)
    with serve(slow) as first:
        answer = fetch_from(first.url, fallback_urls=(gateway.url,), deadline=LONG_DEADLINE)
    assert answer.quota == 29071257
    assert not gateway.requests


def test_an_answer_that_does_not_end_is_not_asked_for_elsewhere(gateway: Gateway) -> None:
    with serve(SLOW["a body in drips"]) as first:
        error = fetch_error(first.url, fallback_urls=(gateway.url,), deadline=DEADLINE)
    assert (error.kind, error.http_status) == (Kind.TIMEOUT, 200)
    assert not gateway.requests


def test_a_name_look_up_does_not_outlast_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    hang_on_names(monkeypatch)
    with finishes_within(DEADLINE + 0.3):
        error = fetch_error("https://hangs.example", deadline=DEADLINE)
    assert (error.kind, error.http_status) == (Kind.TIMEOUT, None)


def hang_on_names(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def slow(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "hangs.example":
            time.sleep(1)
            raise OSError
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)


def test_the_process_does_not_wait_for_a_name_look_up_that_hangs() -> None:
    program = (
        "import socket, time; socket.getaddrinfo = lambda *a, **k: time.sleep(60)\n"
        "from tests.capture.calls import fetch_from\n"
        "fetch_from('https://hangs.example', deadline=0.1)"
    )
    with finishes_within(10):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
    assert "no complete answer in time" in done.stderr
    assert_no_secret(done.stderr)


def test_a_certificate_of_no_trusted_authority_is_reported(tmp_path: Path) -> None:
    with serve(json_reply(USER_SELF), tls=True, folder=tmp_path) as gateway:
        error = fetch_error(gateway.url)
    assert error.kind == Kind.TLS
    assert "unable to get local issuer certificate" in error.detail
    assert not gateway.requests


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_ones_own_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with serve(json_reply(USER_SELF), tls=True, folder=tmp_path) as gateway:
        monkeypatch.setenv(variable, str(gateway.ca_file))
        assert fetch_from(gateway.url).quota == 29071257
        assert fetch_from(gateway.url).quota == 29071257


def test_tls_trouble_within_an_answer_is_the_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(call: Call) -> None:
        call.sock.sendall(HEAD + b"\r\n{")
        os.write(call.sock.fileno(), b"not a TLS record")

    with serve(break_off, tls=True, folder=tmp_path) as gateway:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(gateway.ca_file))
        error = fetch_error(gateway.url)
    assert (error.kind, error.http_status) == (Kind.NETWORK, 200)


def test_a_certificate_for_another_host_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(json_reply(USER_SELF), tls=True, folder=tmp_path) as gateway:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(gateway.ca_file))
        error = fetch_error(gateway.url.replace("localhost", "127.0.0.1"))
    assert error.kind == Kind.TLS
    assert "not valid for '127.0.0.1'" in error.detail


def test_missing_certificates_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    error = fetch_error("https://localhost:9")
    assert (error.kind, error.detail) == (Kind.TLS, "no certificates in /nowhere/ca.pem")


def test_a_folder_of_certificates_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(json_reply(USER_SELF), tls=True, folder=tmp_path) as gateway:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
        error = fetch_error(gateway.url)
    assert (error.kind, error.detail) == (Kind.TLS, "unable to get local issuer certificate")


def test_a_handshake_with_something_else_is_reported(gateway: Gateway) -> None:
    gateway.greeting = b"SSH-2.0-OpenSSH_9.2\r\n"
    error = fetch_error(gateway.url.replace("http:", "https:"))
    assert (error.kind, error.detail) == (Kind.TLS, "wrong version number")


def test_a_handshake_that_hangs_does_not_outlast_the_deadline(gateway: Gateway) -> None:
    gateway.greeting = b"\x16\x03\x03"
    with finishes_within(DEADLINE + 0.3):
        error = fetch_error(gateway.url.replace("http:", "https:"), deadline=DEADLINE)
    assert error.kind == Kind.TIMEOUT


def test_netrc_does_not_take_the_tokens_place(gateway: Gateway) -> None:
    netrc = Path(os.environ["NETRC"])
    netrc.write_text("machine 127.0.0.1 login ann password from-netrc\n")
    netrc.chmod(0o600)
    fetch_from(gateway.url)
    assert gateway.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_cookies_are_neither_stored_nor_sent(gateway: Gateway) -> None:
    cookie = {"Set-Cookie": "session=1; Path=/"}
    gateway.script = in_turn(http_reply(503, headers=cookie), json_reply(USER_SELF, headers=cookie))
    fetch_from(gateway.url)
    fetch_from(gateway.url)
    assert len(gateway.requests) == 3
    assert not any("cookie" in request.headers for request in gateway.requests)


def test_a_proxy_of_the_environment_is_used(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", gateway.url)
    fetch_from("http://gateway.example", allow_http=True)
    assert gateway.requests[0].path == "http://gateway.example/api/user/self"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_loopback_is_reached_without_a_proxy(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, unused_url())
    assert fetch_from(gateway.url).quota == 29071257


def test_a_proxy_that_refuses_is_reported_without_its_password(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", gateway.url.replace("//", "//ann:proxy-password@"))
    gateway.script = http_reply(407)
    error = fetch_error("https://gateway.example")
    assert (error.kind, error.detail) == (Kind.NETWORK, "proxy: HTTP 407")
    assert gateway.requests[0].method == "CONNECT"
    assert "authorization" not in gateway.requests[0].headers


def test_a_missing_proxy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", unused_url())
    error = fetch_error("https://gateway.example")
    assert (error.kind, error.detail) == (Kind.NETWORK, "proxy: Connection refused")


@pytest.mark.parametrize("slow", [silence(), drip(HEAD, b"X: y\r\n", 0.02)])
def test_a_slow_proxy_does_not_outlast_the_deadline(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, slow: Script
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", gateway.url)
    gateway.script = slow
    with finishes_within(DEADLINE + 0.3):
        assert fetch_error("https://gateway.example", deadline=DEADLINE).kind == Kind.TIMEOUT


@pytest.mark.parametrize("size", [b"-5", b"-ffffffff", b"5_0", b"x", b""])
def test_a_chunk_of_no_possible_size_is_an_answer_that_broke_off(
    gateway: Gateway, size: bytes
) -> None:
    gateway.script = raw(CHUNKED + size + b"\r\n{}\r\n0\r\n\r\n")
    error = fetch_error(gateway.url)
    assert (error.kind, error.http_status) == (Kind.NETWORK, 200)
    assert "no complete answer (it broke off, HTTP 200): " in str(error)


def test_a_connection_in_time_is_returned() -> None:
    with socket.socket() as sock:
        assert connect_with_deadline(time.monotonic() + 5, lambda: sock) is sock


def test_an_error_of_the_thread_is_raised_in_the_caller() -> None:
    def fail() -> socket.socket:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        connect_with_deadline(time.monotonic() + 5, fail)


def test_a_connection_that_comes_too_late_is_closed() -> None:
    may_come, sock = threading.Event(), socket.socket()

    def connect() -> socket.socket:
        may_come.wait(5)
        return sock

    with pytest.raises(DeadlineExceededError):
        connect_with_deadline(time.monotonic() + 0.01, connect)
    may_come.set()
    for thread in threading.enumerate():
        if thread.name == "connect":
            thread.join(5)
    assert sock.fileno() == -1
