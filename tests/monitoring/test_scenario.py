"""Six weeks of an account: a slow drain, a top-up, a spike, outages, and the notices sent.

The account spends $4 a day, on one day $20 more, and is polled every six hours. Only the
clock and the gateway are simulated; database, forecast, Apprise and receiver are real.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
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
from usage_tracker.times import parse_zone, to_ms

TAIPEI = parse_zone("Asia/Taipei")
ACCOUNT = Account("work", TokenFromEnv("WORK_KEY"))
STEP = dt.timedelta(hours=6)
SPEND = {12: 1.0, 18: 3.0}
"""Dollars spent before that hour of the day: $4 a day."""
OPENING = 120.0
PROFILE = {"data": {"quota_remind_threshold": units(20.0)}}


def at(month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=TAIPEI)


TOP_UP, SPIKE, END = at(10, 29, 12), at(11, 3, 12), at(11, 12)
CRON_OUTAGE = at(11, 6, 6), at(11, 7, 12)
GATEWAY_OUTAGE = at(11, 9, 0), at(11, 10, 0)


@dataclass(frozen=True)
class Received:
    """A notice as received; `at` is the time of the poll that sent it."""

    at: dt.datetime
    title: str
    text: str


def polls() -> Iterator[tuple[dt.datetime, float, float]]:
    """Yield the time of each poll by cron, the dollars left and the dollars spent so far."""
    now, left, used = at(10, 1), OPENING, 0.0
    while now <= END:
        spent = SPEND.get(now.hour, 0.0) + (20.0 if now == SPIKE else 0.0)
        left, used = left - spent + (300.0 if now == TOP_UP else 0.0), used + spent
        if not CRON_OUTAGE[0] <= now < CRON_OUTAGE[1]:
            yield now, left, used
        now += STEP


def poll(database: Database, now: dt.datetime, left: float, used: float) -> Result:
    """The result of a snapshot."""
    if GATEWAY_OUTAGE[0] <= now < GATEWAY_OUTAGE[1]:
        return failed(database, now)
    answer = UserSelf(to_ms(now), units(left), units(used), None, PROFILE)
    with database.write() as connection:
        stored = accounts.get_or_create(connection, ACCOUNT, to_ms(now))
        return Result(ACCOUNT, snapshots.save(connection, stored, answer), answer)


def failed(database: Database, now: dt.datetime) -> Result:
    error = GatewayError(Kind.SERVER_ERROR, 502)
    with database.write() as connection:
        stored = accounts.get(connection, ACCOUNT.name)
        failures.record(
            connection, stored.account_id, Failure(to_ms(now), error.kind.value, error.http_status)
        )
    return Result(ACCOUNT, error=error)


def notices(
    database: Database,
    settings: Settings,
    receiver: Receiver,
    polls: Iterable[tuple[dt.datetime, float, float]],
) -> list[Received]:
    """Return what is sent after each of `polls`: its time, the dollars left and those spent."""
    received = []
    for now, left, used in polls:
        result = poll(database, now, left, used)
        assert after_snapshot(database, settings, [result], to_ms(now)) == ()
        for call in receiver.calls:
            message = json.loads(call.body)
            received.append(Received(now, message["title"], message["message"]))
        receiver.calls.clear()
    return received


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> list[Received]:
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
        return notices(database, load(str(config)), receiver, polls())


def levels(received: list[Received], what: str) -> list[tuple[str, dt.datetime]]:
    """The levels in the notices of one rule, and when they arrived."""
    titles = [(each.title.partition(": "), each.at) for each in received]
    return [(level, now) for (level, _, rest), now in titles if rest == f"work, {what}"]


def test_a_slow_drain_warns_in_time_and_a_top_up_ends_it(received: list[Received]) -> None:
    # $32 and then $8 are left, at $4 a day: 8 days and 2 days, seen twice.
    assert levels(received, "days left") == [
        ("WARNING", at(10, 23, 0)),
        ("CRITICAL", at(10, 29, 0)),
        ("OK", TOP_UP),
    ]


def test_the_balance_warns_at_the_gateways_own_threshold(received: list[Received]) -> None:
    assert levels(received, "balance") == [("WARNING", at(10, 26, 12)), ("OK", TOP_UP)]


def test_the_budget_is_that_of_the_calendar_month(received: list[Received]) -> None:
    assert levels(received, "monthly budget") == [
        ("WARNING", at(10, 22, 18)),
        ("CRITICAL", at(10, 28, 18)),
        ("OK", at(11, 1, 6)),
    ]


def test_a_spike_warns_at_once_and_ends_with_a_day_without_one(received: list[Received]) -> None:
    assert levels(received, "spend of the day") == [("WARNING", SPIKE), ("OK", at(11, 5, 6))]


def test_outages_are_reported_by_the_next_run(received: list[Received]) -> None:
    # An outage of cron is reported when cron runs again, one of the gateway at once.
    assert levels(received, "snapshots") == [
        ("OK", CRON_OUTAGE[1]),
        ("CRITICAL", at(11, 9, 18)),
        ("OK", GATEWAY_OUTAGE[1]),
    ]
    texts = [each.text for each in received if each.title.endswith("snapshots")]
    assert texts == [
        "snapshots resumed after 36 h (was CRITICAL)",
        "last snapshot 24 h ago, attempts fail: server_error, HTTP 502 (was OK)",
        "snapshots resumed after 30 h (was CRITICAL)",
    ]


def test_no_other_notice_is_sent(received: list[Received]) -> None:
    assert len(received) == 3 + 2 + 3 + 2 + 3
