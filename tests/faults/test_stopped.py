"""A run that is stopped in mid-call and continued later: its answer is dated right, or refused."""

import os
import signal
import threading
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.faults.files import ask
from tests.faults.tally import Tally
from tests.faults.warm import Ending, Warm
from tests.gateway_server import Call, Gateway, Script, http_reply, json_reply, raw, user_self
from usage_tracker.times import DAY, SECOND, now_ms

DEADLINE = 2
STOPPED = 3.5
"""Seconds; the answer comes at the beginning of them."""

ANSWER = user_self(quota=777, used_quota=555)


@pytest.fixture
def stopped(program: Warm, gateway: Gateway) -> Callable[..., tuple[Ending, int]]:
    """Runs `snapshot`, stopped from just before the answer until long after it.

    Returns its ending and the moment of the answer (UTC ms).
    """

    def snapshot(script: Script, clock: int = 0) -> tuple[Ending, int]:
        answered: list[int] = []
        started = threading.Event()

        def answer(call: Call) -> None:
            started.wait(10)
            call.pause(0.5)  # by then it waits for the answer
            os.kill(run.pid, signal.SIGSTOP)
            threading.Timer(STOPPED, os.kill, (run.pid, signal.SIGCONT)).start()
            call.pause(0.1)
            answered.append(now_ms())
            script(call)

        gateway.script = answer
        run = program.start("snapshot", "--deadline", DEADLINE, clock=clock)
        started.set()
        return program.end(run), answered[0]

    return snapshot


def dated(seconds: float = 0) -> Script:
    """The answer, with a `Date` that is right but for `seconds`."""

    def answer(call: Call) -> None:
        date = formatdate(now_ms() / SECOND + seconds, usegmt=True)
        json_reply(ANSWER, headers={"Date": date})(call)

    return answer


@pytest.mark.parametrize("seconds", [0, 60, -60])
def test_an_answer_is_stored_under_the_moment_at_which_it_came(
    stopped: Callable[..., tuple[Ending, int]], database: Path, tally: Tally, seconds: int
) -> None:
    ending, answered = stopped(dated(seconds))
    assert ending.code == 0, ending
    ((moment,),) = ask(database, "SELECT captured_at FROM snapshot")
    # A gateway whose clock is a minute off says no more than that it came during the call.
    slack = STOPPED * SECOND + 500 if seconds > 0 else 1500
    assert -2000 <= moment - answered <= slack
    tally.add("stopped", answers=1)


@pytest.mark.parametrize("clock", [-3 * DAY, 30 * DAY])
def test_a_wrong_clock_changes_nothing_about_that(
    stopped: Callable[..., tuple[Ending, int]], database: Path, clock: int
) -> None:
    ending, answered = stopped(dated(), clock=clock)
    assert ending.code == 0
    assert "set the clock" in ending.err
    ((moment,),) = ask(database, "SELECT captured_at FROM snapshot")
    assert abs(moment - answered) <= 1500


@pytest.mark.parametrize(
    "script",
    [
        json_reply(ANSWER),
        json_reply(ANSWER, headers={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"{}       ", every=1.0),
    ],
    ids=["no Date", "no clock", "in pieces"],
)
def test_without_a_moment_it_is_a_failure(
    stopped: Callable[..., tuple[Ending, int]], database: Path, tally: Tally, script: Script
) -> None:
    ending, answered = stopped(script)
    ending.complains(69, "no complete answer in time")
    assert ask(database, "SELECT kind FROM failure") == [("timeout",)]
    ((moment,),) = ask(database, "SELECT attempted_at FROM failure")
    assert abs(moment - answered) < 3000
    assert ask(database, "SELECT * FROM snapshot") == []
    tally.add("stopped", refused=1)


def test_the_next_run_is_as_usual(
    stopped: Callable[..., tuple[Ending, int]], program: Warm, gateway: Gateway, database: Path
) -> None:
    stopped(http_reply(500))
    gateway.script = dated()
    program.run("snapshot").succeeds()
    assert ask(database, "SELECT quota FROM snapshot") == [(777,)]
