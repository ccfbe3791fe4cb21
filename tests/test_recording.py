import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Connection

from tests.gateway_server import TOKEN, USER_SELF, after, http_reply, json_reply, serve
from usage_tracker.capture.arrival import Arrival
from usage_tracker.capture.poll import Attempt
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv, TokenFromFile
from usage_tracker.config.credentials import TokenMissingError
from usage_tracker.errors import ConfigError, DatabaseError
from usage_tracker.recording import (
    Result,
    UnrecordedFailureError,
    UnsavedAnswerError,
    capture,
    clock_ahead,
    error_kind,
    store_attempt,
)
from usage_tracker.store import accounts, failures, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.times import HOUR, now_ms

MINUTE_AHEAD = 60_000


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("KEY", TOKEN)
    with Database.open(tmp_path / "usage.db") as opened:
        yield opened


def account(name: str, url: str) -> Account:
    return Account(name, TokenFromEnv("KEY"), url)


def test_each_answer_is_stored_before_its_result_is_yielded(database: Database) -> None:
    with serve(json_reply(USER_SELF)) as quick, serve(after(0.3, http_reply(500))) as slow:
        asked = [account("slow", slow.url), account("quick", quick.url)]
        results = capture(database, asked, deadline=5)
        first = next(results)
        with database.read() as connection:
            known = accounts.get(connection, "quick")
            stored = snapshots.last(connection, known.account_id)
        assert stored is not None
        assert (first.account.name, first.captured_at) == ("quick", stored.captured_at)
        (second,) = results
    assert second.error is not None
    assert (second.account.name, error_kind(second.error)) == ("slow", "server_error")


def test_what_never_reached_a_gateway_explains_its_gap_too(database: Database) -> None:
    asked = account("a", "https://aihubmix.com")
    error = TokenMissingError("KEY")
    result = store_attempt(database, Attempt(asked, 1000, error), now_ms() + MINUTE_AHEAD)
    assert result.error is error
    with database.read() as connection:
        key = accounts.get(connection, "a").account_id
        (failure,) = failures.between(connection, key)
    assert (failure.attempted_at, failure.kind, failure.http_status) == (1000, "config", None)
    assert failure.detail is not None
    assert "KEY is not set" in failure.detail


def test_a_database_that_fails_is_the_error_and_names_the_answer(database: Database) -> None:
    with serve(json_reply(USER_SELF)) as server, database.write() as connection:
        connection.exec_driver_sql("select 1")
        (result,) = capture(database, [account("a", server.url)], deadline=3)
    assert isinstance(result.error, DatabaseError)
    assert error_kind(result.error) == "database"
    assert result.captured_at is None
    assert "quota 29071257" in str(result.error)


def test_a_failure_keeps_the_id_by_which_its_operator_finds_it(database: Database) -> None:
    busy = json_reply({"message": "busy"}, 500, {"X-Oneapi-Request-Id": "2026-abc"})
    with serve(busy) as server:
        list(capture(database, [account("a", server.url)], deadline=5))
    with database.read() as connection:
        (failure,) = failures.between(connection, accounts.get(connection, "a").account_id)
    assert failure.detail == "busy, request 2026-abc"


def fail_for(name: str, bug: BaseException) -> Callable[..., int]:
    """Return `snapshots.save`, which raises `bug` for the account called `name`."""
    save = snapshots.save

    def broken(connection: Connection, account: StoredAccount, answer: UserSelf) -> int:
        if account.name == name:
            raise bug
        return save(connection, account, answer)

    return broken


@pytest.mark.parametrize(
    "bug",
    [
        ZeroDivisionError("hush"),
        MemoryError("hush"),
        UnicodeEncodeError("latin-1", "\u4f59", 0, 1, "hush"),
        OverflowError("hush"),
    ],
    ids=lambda bug: type(bug).__name__,
)
def test_a_bug_while_an_answer_is_stored_is_that_account_s_failure(
    database: Database, monkeypatch: pytest.MonkeyPatch, bug: BaseException
) -> None:
    monkeypatch.setattr(snapshots, "save", fail_for("bad", bug))
    with serve(json_reply(USER_SELF)) as server:
        results = list(capture(database, [account(name, server.url) for name in ("bad", "good")]))
    by_name = {each.account.name: each for each in results}
    assert by_name["good"].error is None
    error = by_name["bad"].error
    assert isinstance(error, UnsavedAnswerError)
    assert "quota 29071257" in str(error)
    with database.read() as connection:
        bad, good = (accounts.get(connection, name).account_id for name in ("bad", "good"))
        assert snapshots.last(connection, good) is not None
        (failure,) = failures.between(connection, bad)
    assert failure.kind == "database"
    assert type(bug).__name__ in str(failure.detail)
    assert "hush" not in f"{error} {failure.detail}"


def test_a_bug_before_an_answer_is_recorded_as_unexpected(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object, **__: object) -> NoReturn:
        raise RecursionError

    monkeypatch.setattr("usage_tracker.capture.poll.fetch", fetch)
    (result,) = capture(database, [account("a", "https://aihubmix.com")])
    assert result.error is not None
    assert (error_kind(result.error), result.error.sysexit) == ("unexpected", 1)
    with database.read() as connection:
        (failure,) = failures.between(connection, accounts.get(connection, "a").account_id)
    assert failure.kind == "unexpected"


def test_a_failure_that_cannot_be_recorded_does_not_end_the_others_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(*_: object) -> NoReturn:
        raise UnicodeEncodeError("latin-1", "\u4f59", 0, 1, "hush")

    monkeypatch.setattr(failures, "record", record)
    with serve(json_reply(USER_SELF)) as good, serve(http_reply(401)) as bad:
        asked = [account("bad", bad.url), account("good", good.url)]
        results = {each.account.name: each.error for each in capture(database, asked)}
    assert results["good"] is None
    assert isinstance(results["bad"], UnrecordedFailureError)


def test_a_path_that_is_no_text_can_be_recorded(database: Database) -> None:
    key = Account("a", TokenFromFile(Path(os.fsdecode(b"/nowhere/\xff\x00key"))))
    (result,) = capture(database, [key])
    assert error_kind(result.error or ConfigError()) == "config"
    with database.read() as connection:
        (failure,) = failures.between(connection, accounts.get(connection, "a").account_id)
    assert "cannot read the token file /nowhere/" in str(failure.detail)


@pytest.mark.parametrize(
    ("ahead", "least"),
    [
        ((), 0),
        ((None,), 0),
        ((5000, -300), -300),
        ((-9, 0, 7000), 0),
        ((None, 86_400_000), 86_400_000),
    ],
)
def test_the_gateway_that_agrees_best_tells_how_wrong_the_clock_is(
    ahead: tuple[int | None, ...], least: int
) -> None:
    asked = account("a", "https://a.example")
    arrivals = (None if one is None else Arrival(0, one) for one in ahead)
    assert clock_ahead([Result(asked, arrival=arrival) for arrival in arrivals]) == least


BLOCK = http_reply(403, b"<!DOCTYPE html><title>Just a moment...</title>")
PASSES, STAYS = "it may pass by itself", "does not pass by itself"


def refuse_until(database: Database, monkeypatch: pytest.MonkeyPatch, *hours_ago: float) -> str:
    """Return the last error of runs that a firewall refused so many hours ago."""
    with serve(BLOCK) as gateway:
        for hours in hours_ago:
            at = now_ms() - round(hours * HOUR)
            monkeypatch.setattr("usage_tracker.capture.poll.now_ms", lambda at=at: at)
            (result,) = capture(database, [account("a", gateway.url)])
    return str(result.error)


@pytest.mark.parametrize(
    ("hours_ago", "says"),
    [((0,), PASSES), ((23, 9, 0), PASSES), ((25, 9, 0), STAYS), ((48, 24, 0), STAYS)],
)
def test_a_firewall_that_refuses_for_a_day_does_not_pass_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch, hours_ago: tuple[float, ...], says: str
) -> None:
    assert says in refuse_until(database, monkeypatch, *hours_ago)


def test_a_day_with_a_snapshot_is_no_block(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_until(database, monkeypatch, 40, 30)
    with database.write() as connection:
        stored = accounts.get(connection, "a")
        snapshots.save(connection, stored, UserSelf(now_ms() - 20 * HOUR, 1, 1, None, {}))
    assert PASSES in refuse_until(database, monkeypatch, 10, 0)


def test_a_day_with_another_failure_is_no_block(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_until(database, monkeypatch, 40, 30)
    with database.write() as connection:
        stored = accounts.get(connection, "a")
        moment = now_ms() - 20 * HOUR
        failures.record(connection, stored.account_id, Failure(moment, "network"))
    assert PASSES in refuse_until(database, monkeypatch, 10, 0)
