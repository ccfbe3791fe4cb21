import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.capture.calls import account, finishes_within
from tests.gateway_server import (
    TOKEN,
    USER_SELF,
    Call,
    Gateway,
    after,
    http_reply,
    json_reply,
    serve,
    silence,
    unused_url,
)
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.poll import poll
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import (
    Account,
    TokenFromCommand,
    TokenFromEnv,
    TokenFromFile,
    TokenSource,
)
from usage_tracker.config.credentials import Token, TokenCommandError, TokenMissingError, read_token
from usage_tracker.errors import UnexpectedError
from usage_tracker.times import now_ms


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", TOKEN)


@pytest.fixture
def slow() -> Iterator[Gateway]:
    with serve(silence()) as running:
        yield running


def test_no_accounts_make_no_attempts() -> None:
    assert list(poll([])) == []


def test_a_refused_token_is_reported_with_where_to_store_a_new_one(gateway: Gateway) -> None:
    gateway.script = http_reply(401, b"{}")
    from_env = account(gateway.url, "mine")
    from_file = replace(from_env, token=TokenFromFile(Path("key")), name="the office's")
    told = {a.account.name: str(a.outcome) for a in poll([from_env, from_file], read_token=given)}
    assert "set TRACKER_TOKEN to it" in told["mine"]
    assert "`tracker accounts set-token 'the office'\"'\"'s'`" in told["the office's"]


def given(_source: TokenSource, _patience: float) -> Token:
    return Token(TOKEN)


def test_each_account_has_one_attempt_whatever_becomes_of_it(gateway: Gateway) -> None:
    accounts = [
        account(gateway.url, "good"),
        account(unused_url(), "dead"),
        account("http://gateway.example", "unfit"),
    ]
    before = now_ms()
    attempts = {attempt.account.name: attempt for attempt in poll(accounts)}
    assert {name: type(attempt.outcome).__name__ for name, attempt in attempts.items()} == {
        "good": "UserSelf",
        "dead": "GatewayError",
        "unfit": "PlainHttpError",
    }
    assert all(before <= attempt.attempted_at <= now_ms() for attempt in attempts.values())


def test_a_token_that_is_not_there_is_an_outcome(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACKER_TOKEN")
    (attempt,) = poll([account(gateway.url)])
    assert isinstance(attempt.outcome, TokenMissingError)
    assert not gateway.requests


def test_the_deadline_is_over_the_token_s_command_too(slow: Gateway) -> None:
    hasty = replace(account(slow.url), token=TokenFromCommand(("sleep", "30")))
    late = replace(account(slow.url), token=TokenFromCommand(("sh", "-c", "sleep .3; echo k123")))
    with finishes_within(3):
        outcomes = [attempt.outcome for attempt in poll([hasty, late], deadline=3)]
    assert {type(outcome) for outcome in outcomes} == {TokenCommandError, GatewayError}


def test_tokens_come_from_where_the_caller_says(gateway: Gateway) -> None:
    list(poll([account(gateway.url)], read_token=lambda _source, _patience: Token("another-key")))
    assert gateway.requests[0].headers["authorization"] == "Bearer another-key"


def test_a_slow_gateway_does_not_delay_the_others(gateway: Gateway, slow: Gateway) -> None:
    accounts = [account(slow.url, f"slow {number}") for number in range(8)]
    accounts += [account(gateway.url, f"good {number}") for number in range(8)]
    with closing(poll(accounts, deadline=3, workers=4)) as attempts:
        names = [next(attempts).account.name for _ in range(8)]
    assert all(name.startswith("good") for name in names)


def test_a_failing_gateway_does_not_affect_the_others(gateway: Gateway) -> None:
    with serve(http_reply(401, b"{}")) as failing:
        accounts = [account(gateway.url, "good"), account(failing.url, "bad")] * 3
        outcomes = [attempt.outcome for attempt in poll(accounts)]
    assert sum(isinstance(outcome, UserSelf) for outcome in outcomes) == 3
    kinds = [outcome.kind for outcome in outcomes if isinstance(outcome, GatewayError)]
    assert kinds == [Kind.UNAUTHORIZED] * 3


def test_many_accounts_are_asked_at_once(gateway: Gateway) -> None:
    together = threading.Barrier(32)

    def once_all_have_asked(call: Call) -> None:
        together.wait(20)
        json_reply(USER_SELF)(call)

    gateway.script = once_all_have_asked
    attempts = list(poll([account(gateway.url)] * 96, workers=32))
    assert all(isinstance(attempt.outcome, UserSelf) for attempt in attempts)
    assert len(attempts) == 96


@pytest.mark.parametrize("bug", [ZeroDivisionError, MemoryError, RecursionError, SystemExit])
def test_a_bug_is_one_account_s_outcome(gateway: Gateway, bug: type[BaseException]) -> None:
    def broken_once(source: TokenSource, patience: float) -> Token:
        if source == TokenFromEnv("BROKEN"):
            raise bug("hush")
        return read_token(source, patience)

    accounts = [account(gateway.url), Account("b", TokenFromEnv("BROKEN"), gateway.url)]
    by_name = {each.account.name: each.outcome for each in poll(accounts, read_token=broken_once)}
    broken = by_name.pop("b")
    assert isinstance(broken, UnexpectedError)
    assert bug.__name__ in str(broken)
    assert "hush" not in str(broken)
    assert [type(outcome) for outcome in by_name.values()] == [UserSelf]


@pytest.mark.parametrize("started", [0, 1])
def test_where_no_more_threads_can_start_every_account_is_called_all_the_same(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, started: int
) -> None:
    start, left = threading.Thread.start, [started]

    def limited(thread: threading.Thread) -> None:
        if thread.name == "poll":
            if not left[0]:
                raise RuntimeError("can't start new thread")
            left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    attempts = list(poll([account(gateway.url)] * 3))
    assert [type(each.outcome) for each in attempts] == [UserSelf] * 3


def test_who_stops_listening_stops_the_asking(gateway: Gateway) -> None:
    gateway.script = after(0.02, json_reply(USER_SELF))
    with closing(poll([account(gateway.url)] * 50, workers=2)) as attempts:
        next(attempts)
    for thread in threading.enumerate():
        if thread.name == "poll":
            thread.join(5)
    assert len(gateway.requests) < 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(slow: Gateway, number: signal.Signals) -> None:
    program = (
        "import sys\n"
        "from tests.capture.calls import account\n"
        "from usage_tracker.capture.poll import poll\n"
        f"list(poll([account({slow.url!r})] * 40))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    while len(slow.requests) < 32 and process.poll() is None:
        time.sleep(0.01)
    with finishes_within(2):
        os.kill(process.pid, number)
        assert process.wait(10) != 0
