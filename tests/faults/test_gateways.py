"""A network and a gateway that misbehave: told by kind, recorded, and over with the next run."""

import gzip
import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.files import ask, used
from tests.faults.tally import Tally
from tests.faults.warm import Run, Warm
from tests.gateway_server import (
    SECRETS,
    TOKEN,
    Call,
    Gateway,
    Script,
    drip,
    http_reply,
    in_turn,
    raw,
    reset,
    serve,
    silence,
    user_self,
)

BODY = json.dumps(user_self()).encode()
HEAD = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
PAGE = b"<!DOCTYPE html><html><title>Log in</title><h1>Welcome to the hotel</h1></html>"
MILLION = b"1" * 1_000_000
DEADLINE = 3


def counters(quota: bytes) -> bytes:
    return b'{"success": true, "data": {"quota": %s, "used_quota": 5}}' % quota


def zipped(body: bytes) -> Script:
    return http_reply(200, gzip.compress(body), {"Content-Encoding": "gzip"})


def dying(call: Call) -> None:
    """Half a body, and then a reset."""
    call.sock.sendall(HEAD + BODY[: len(BODY) // 2])
    call.pause(0.05)
    reset()(call)


FAULTS = {
    "dies before it answers": (reset(), "network", 69),
    "ends in the middle of a body": (raw(HEAD + BODY[: len(BODY) // 2]), "network", 69),
    "is reset in the middle of a body": (dying, "network", 69),
    "ends in the middle of a head": (raw(HEAD[:20]), "not_json", 76),
    "never answers": (silence(), "timeout", 69),
    "drips for ever": (drip(HEAD, BODY[:1], 0.2), "timeout", 69),
    "drips a head for ever": (drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05), "timeout", 69),
    "is a login page": (http_reply(200, PAGE), "not_json", 76),
    "sends a million digits": (http_reply(200, counters(MILLION)), "too_large", 76),
    "sends a million digits packed": (zipped(counters(MILLION)), "too_large", 76),
    "sends two hundred thousand digits": (zipped(counters(MILLION[:200_000])), "malformed", 76),
    "sends a number beyond 64 bits": (http_reply(200, counters(b"9" * 20)), "malformed", 76),
    "sends a number without end": (http_reply(200, counters(b"1e999")), "malformed", 76),
    "sends a bomb": (zipped(b" " * 50_000_000), "too_large", 76),
}


def test_whatever_a_gateway_does_it_is_told_recorded_and_over_with_the_next_run(
    program: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
    with ExitStack() as stack:
        gateways = {name: stack.enter_context(serve(fault[0])) for name, fault in FAULTS.items()}

        def start(name: str) -> Run:
            monkeypatch.setenv("TRACKER_BASE_URL", gateways[name].url)
            database = tmp_path / f"that {name}.db"
            return program.start("--db", database, "snapshot", "--deadline", DEADLINE)

        runs = {name: start(name) for name in FAULTS}
        for name, (_, kind, code) in FAULTS.items():
            program.end(runs[name]).complains(code)
            assert_recorded(tmp_path / f"that {name}.db", kind)
            gateways[name].script = http_reply(200, BODY)
        for run in [start(name) for name in FAULTS]:
            program.end(run).succeeds()
    tally.add("gateways and networks", failures=len(FAULTS))


def test_a_gateway_that_dies_once_is_asked_again(
    program: Warm, gateway: Gateway, database: Path
) -> None:
    gateway.script = in_turn(dying, gateway.script)
    program.run("snapshot").succeeds()
    assert used(database) == [1]


def test_a_host_that_has_no_address(
    program: Warm, database: Path, monkeypatch: pytest.MonkeyPatch, gateway: Gateway, tally: Tally
) -> None:
    good = gateway.url
    monkeypatch.setenv("RES_OPTIONS", "timeout:1 attempts:1")
    monkeypatch.setenv("TRACKER_BASE_URL", "https://gateway.invalid")
    ending = program.run("snapshot", "--deadline", "5")
    ending.complains(69, "check")
    assert "no answer" in ending.err or "no complete answer in time" in ending.err
    assert_recorded(database, "network", "timeout")
    monkeypatch.setenv("TRACKER_BASE_URL", good)
    program.run("snapshot").succeeds()
    tally.add("gateways and networks", failures=1)


def test_a_certificate_that_nobody_vouches_for_and_one_of_another_host(
    program: Warm,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gateway: Gateway,
    tally: Tally,
) -> None:
    with serve(gateway.script, tls=True, folder=tmp_path) as secure:
        monkeypatch.setenv("TRACKER_BASE_URL", secure.url)
        program.run("snapshot").complains(69, "no trusted connection", "certificate")
        assert_recorded(database, "tls")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.ca_file))
        by_address = secure.url.replace("localhost", "127.0.0.1")
        monkeypatch.setenv("TRACKER_BASE_URL", by_address)
        program.run("snapshot").complains(69, "no trusted connection", "127.0.0.1")
        monkeypatch.setenv("TRACKER_BASE_URL", secure.url)
        program.run("snapshot").succeeds()
        assert len(secure.requests) == 1
    tally.add("gateways and networks", failures=2)


@pytest.mark.parametrize(
    ("url", "script", "kind", "code"),
    [
        ("https://gateway.example", http_reply(200, PAGE), "tls network", 69),
        ("https://gateway.example", http_reply(407, PAGE), "network", 69),
        ("http://gateway.example", http_reply(200, PAGE), "not_json", 76),
        ("http://gateway.example", http_reply(403, PAGE), "server_error", 69),
        ("http://gateway.example", http_reply(502, PAGE), "server_error", 69),
        (
            "http://gateway.example",
            http_reply(302, PAGE, {"Location": "http://hotel.example/login"}),
            "redirected",
            76,
        ),
    ],
)
def test_a_proxy_that_answers_with_a_page(
    program: Warm,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gateway: Gateway,
    tally: Tally,
    url: str,
    script: Script,
    kind: str,
    code: int,
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[[account]]\nname = "default"\nbase_url = "{url}"\nallow_http = true\n'
        'token_env = "TRACKER_KEY"\n'
    )
    monkeypatch.delenv("TRACKER_BASE_URL")
    monkeypatch.setenv("TRACKER_KEY", TOKEN)
    monkeypatch.delenv("TRACKER_TOKEN")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, gateway.url)
    good, gateway.script = gateway.script, script
    ending = program.run("--config", config, "snapshot", "--deadline", "3")
    ending.complains(code)
    assert "hotel</h1>" not in ending.err
    assert_recorded(database, *kind.split())
    if url.startswith("http:"):
        gateway.script = good
        program.run("--config", config, "snapshot").succeeds()
    tally.add("gateways and networks", failures=1)


def assert_recorded(database: Path, *kinds: str) -> None:
    """One failure, of one of these kinds, and no snapshot; and no secret in any file."""
    ((kind, detail),) = ask(database, "SELECT kind, detail FROM failure")
    assert kind in kinds, detail
    assert used(database) == []
    for path in database.parent.glob("usage.db*"):
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in SECRETS)
