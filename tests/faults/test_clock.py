"""A clock that is wrong: every snapshot is kept, under the gateway's time where that is known."""

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from pathlib import Path

import pytest

from tests.faults.files import ask
from tests.faults.tally import Tally
from tests.faults.warm import Warm
from tests.gateway_server import Call, Gateway, json_reply, user_self
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND, iso, now_ms

READERS = ("status", "report", "events", "history")

pytestmark = pytest.mark.usefixtures("gateway", "database")


def test_a_clock_that_jumps_back_and_forth_loses_nothing(
    program: Warm, database: Path, tally: Tally
) -> None:
    jumps = (0, -2 * HOUR, -HOUR, -DAY, -MINUTE, 0)
    for jump in jumps:
        program.run("snapshot", clock=jump).succeeds()
    stored = [used for (used,) in ask(database, "SELECT used_quota FROM snapshot ORDER BY 1")]
    tally.add("clock", jumps=len(jumps), stored=len(stored))
    assert stored == [1, 2, 3, 4, 5, 6]
    order = ask(database, "SELECT used_quota FROM snapshot ORDER BY captured_at")
    assert [used for (used,) in order] == [4, 2, 3, 5, 1, 6]
    for words in READERS:
        program.run(*words.split()).succeeds()
    program.run("db", "check").succeeds()


def test_snapshots_of_the_future_do_not_keep_new_ones_out(program: Warm, tmp_path: Path) -> None:
    ahead = tmp_path / "ahead.csv"
    rows = "".join(f"{now_ms() + at * HOUR},{10**9 - at},{at}\n" for at in range(1, 30))
    ahead.write_text(f"captured_at,quota,used_quota\n{rows}")
    program.run("import", ahead, clock=2 * DAY).succeeds()  # as it is then, no future
    program.run("snapshot").succeeds()
    shown = program.run("history", "--json", "--limit", "0")
    (account,) = json.loads(shown.out)["accounts"]
    assert len(account["snapshots"]) == 30
    for words in READERS:
        program.run(*words.split()).succeeds()
    found = program.run("db", "check")
    assert found.code == 1
    assert "29 snapshots are in the future" in found.out


def test_a_clock_that_is_years_behind_can_be_set_right(program: Warm, database: Path) -> None:
    program.run("snapshot", clock=-30 * 365 * DAY).succeeds()
    program.run("snapshot").succeeds()
    assert len(ask(database, "SELECT 1 FROM snapshot")) == 2
    for words in READERS:
        program.run(*words.split()).succeeds()


WRONG = {
    "an hour behind": -HOUR,
    "eight hours behind": -8 * HOUR,
    "three days behind": -3 * DAY,
    "years behind": -30 * 365 * DAY,
    "a month ahead": 30 * DAY,
}
QUIETLY = ((), ("--quiet",), ("--json",), ("--quiet", "--json"))


def with_date(status: int = 200, **headers: str) -> Callable[[Call], None]:
    """A gateway whose clock is right, and whose account spends a unit between two answers."""
    used = count(1)

    def answer(call: Call) -> None:
        n = next(used)
        body = user_self(quota=10**9 - n, used_quota=n) if status == 200 else {}
        json_reply(body, status, {"Date": formatdate(usegmt=True), **headers})(call)

    return answer


@pytest.mark.parametrize("clock", WRONG)
def test_a_wrong_clock_does_not_spoil_the_history(
    program: Warm, gateway: Gateway, database: Path, tally: Tally, clock: str
) -> None:
    gateway.script = with_date()
    program.run("snapshot").succeeds()
    time.sleep(1)  # `Date` has no milliseconds
    for words in QUIETLY:
        ending = program.run("snapshot", *words, clock=WRONG[clock])
        assert ending.code == 0
        (line,) = ending.err.splitlines()
        assert "clock is" in line
        assert "set the clock, as with `sudo timedatectl set-ntp true`" in line
        if "--json" in words:
            (told,) = json.loads(ending.out)["accounts"]
            assert told["status"] == "stored"
            assert told["captured_at"] <= iso(now_ms())
    rows = ask(database, "SELECT used_quota, captured_at FROM snapshot ORDER BY captured_at")
    assert [used for used, _ in rows] == [1, 2, 3, 4, 5]
    assert all(now_ms() - MINUTE < moment <= now_ms() + SECOND for _, moment in rows)
    tally.add("clock", wrong=len(QUIETLY), stored=len(rows) - 1)


@pytest.mark.parametrize("clock", WRONG)
def test_a_failure_has_the_gateways_time_too(
    program: Warm, gateway: Gateway, database: Path, clock: str
) -> None:
    gateway.script = with_date(500)
    ending = program.run("snapshot", clock=WRONG[clock])
    assert ending.code == 69
    assert len(ending.err.splitlines()) == 2
    ((moment,),) = ask(database, "SELECT attempted_at FROM failure")
    assert abs(now_ms() - moment) < MINUTE


@pytest.mark.parametrize(
    "headers",
    [
        {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"Date": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"Date": "soon"},
    ],
)
def test_a_gateway_without_a_clock_does_not_spoil_the_history(
    program: Warm, gateway: Gateway, database: Path, headers: dict[str, str]
) -> None:
    gateway.script = with_date(200, **headers)
    program.run("snapshot").succeeds()
    ((moment,),) = ask(database, "SELECT captured_at FROM snapshot")
    assert abs(now_ms() - moment) < MINUTE


def test_an_old_answer_from_a_cache_is_said_to_be_one(
    program: Warm, gateway: Gateway, database: Path
) -> None:
    old = formatdate(now_ms() / SECOND - 3600, usegmt=True)
    gateway.script = with_date(200, Date=old, Age="3600")
    ending = program.run("snapshot")
    assert ending.code == 0
    assert "60 min old, from a cache" in ending.err or "1 h old, from a cache" in ending.err
    assert "set the clock" not in ending.err
    ((moment,),) = ask(database, "SELECT captured_at FROM snapshot")
    assert abs(now_ms() - HOUR - moment) < MINUTE


def test_init_says_that_the_clock_is_wrong(program: Warm, gateway: Gateway) -> None:
    gateway.script = with_date()
    words = ("init", "--base-url", gateway.url, "--allow-http", "--token-command", "echo abcdef123")
    ending = program.run(*words, clock=-DAY)
    assert ending.code == 0, ending
    assert "clock is 24 h behind" in ending.err
