"""Six weeks of an account: a slow drain, a top-up, a spike, outages, and what is told when.

It spends $4 a day, and $20 more on one, and is polled every six hours. Everything is
real but the clock and the gateway: the database, the forecast, Apprise, the receiver.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.receiver import Receiver, receiving
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.config.settings import Settings, load
from usage_tracker.money import units
from usage_tracker.monitoring.hooks import after_snapshot
from usage_tracker.recording import Result
from usage_tracker.store import accounts, failures, snapshots
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.times import to_ms, zone

TAIPEI = zone("Asia/Taipei")
ACCOUNT = Account("work", TokenFromEnv("WORK_KEY"))
STEP = dt.timedelta(hours=6)
SPEND = {12: 1.0, 18: 3.0}
"""Dollars spent until that hour of the day; $4 on every day."""
OPENING = 120.0
REST = {"data": {"quota_remind_threshold": units(20.0)}}


def at(month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=TAIPEI)


TOP_UP, SPIKE, END = at(10, 29, 12), at(11, 3, 12), at(11, 12)
CRON_OUTAGE = at(11, 6, 6), at(11, 7, 12)
GATEWAY_OUTAGE = at(11, 9, 0), at(11, 10, 0)


@dataclass(frozen=True)
class Told:
    """A notice as it arrived; `at` is the moment of the poll that sent it."""

    at: dt.datetime
    title: str
    text: str


def polls() -> Iterator[tuple[dt.datetime, float, float]]:
    """Each poll that cron makes: when, dollars left, dollars spent so far."""
    now, left, used = at(10, 1), OPENING, 0.0
    while now <= END:
        spent = SPEND.get(now.hour, 0.0) + (20.0 if now == SPIKE else 0.0)
        left, used = left - spent + (300.0 if now == TOP_UP else 0.0), used + spent
        if not CRON_OUTAGE[0] <= now < CRON_OUTAGE[1]:
            yield now, left, used
        now += STEP


def poll(database: Database, now: dt.datetime, left: float, used: float) -> Result:
    """What a snapshot would have stored, or told."""
    if GATEWAY_OUTAGE[0] <= now < GATEWAY_OUTAGE[1]:
        return failed(database, now)
    answer = UserSelf(to_ms(now), units(left), units(used), None, REST)
    with database.write() as connection:
        stored = accounts.ensure(connection, ACCOUNT, to_ms(now))
        return Result(ACCOUNT, snapshots.save(connection, stored, answer), answer)


def failed(database: Database, now: dt.datetime) -> Result:
    error = GatewayError(Kind.SERVER_ERROR, 502)
    with database.write() as connection:
        stored = accounts.get(connection, ACCOUNT.name)
        failures.record(
            connection, stored.account_id, Failure(to_ms(now), error.kind.value, error.http_status)
        )
    return Result(ACCOUNT, error=error)


def lived_through(database: Database, settings: Settings, receiver: Receiver) -> list[Told]:
    told = []
    for now, left, used in polls():
        result = poll(database, now, left, used)
        assert after_snapshot(database, settings, [result], to_ms(now)) == ()
        for call in receiver.calls:
            message = json.loads(call.body)
            told.append(Told(now, message["title"], message["message"]))
        receiver.calls.clear()
    return told


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    folder = tmp_path_factory.mktemp("scenario")
    with receiving() as receiver, Database.open(folder / "usage.db") as database:
        config = folder / "config.toml"
        config.write_text(
            f"""
timezone = "Asia/Taipei"

[check]
monthly_budget = 110

[notify]
urls = ["json://127.0.0.1:{receiver.port}/"]
"""
        )
        return lived_through(database, load(str(config)), receiver)


def course(told: list[Told], what: str) -> list[tuple[str, dt.datetime]]:
    """The levels that were told of one rule, and when."""
    titles = [(each.title.partition(": "), each.at) for each in told]
    return [(level, now) for (level, _, rest), now in titles if rest == f"work, {what}"]


def test_a_slow_drain_warns_in_time_and_a_top_up_ends_it(told: list[Told]) -> None:
    # $32 and then $8 are left, at $4 a day: 8 days and 2 days, seen twice.
    assert course(told, "days left") == [
        ("WARNING", at(10, 23, 0)),
        ("CRITICAL", at(10, 29, 0)),
        ("OK", TOP_UP),
    ]


def test_the_balance_is_told_at_the_gateways_own_threshold(told: list[Told]) -> None:
    assert course(told, "balance") == [("WARNING", at(10, 26, 12)), ("OK", TOP_UP)]


def test_the_budget_is_that_of_the_calendar_month(told: list[Told]) -> None:
    assert course(told, "monthly budget") == [
        ("WARNING", at(10, 22, 18)),
        ("CRITICAL", at(10, 28, 18)),
        ("OK", at(11, 1, 6)),
    ]


def test_a_spike_is_told_when_it_comes_and_ends_with_a_day_without_one(told: list[Told]) -> None:
    assert course(told, "spend of the day") == [("WARNING", SPIKE), ("OK", at(11, 5, 6))]


def test_outages_are_told_when_somebody_can_tell(told: list[Told]) -> None:
    # A cron that died tells of it when it is back; one whose gateway is out of order, at once.
    assert course(told, "snapshots") == [
        ("OK", CRON_OUTAGE[1]),
        ("CRITICAL", at(11, 9, 18)),
        ("OK", GATEWAY_OUTAGE[1]),
    ]
    texts = [each.text for each in told if each.title.endswith("snapshots")]
    assert texts == [
        "snapshots come again, after 36 h without (was CRITICAL)",
        "last snapshot 24 h ago, attempts fail: server_error, HTTP 502 (was OK)",
        "snapshots come again, after 30 h without (was CRITICAL)",
    ]


def test_nothing_else_is_told(told: list[Told]) -> None:
    assert len(told) == 3 + 2 + 3 + 2 + 3
