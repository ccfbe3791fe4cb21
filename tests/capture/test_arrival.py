"""The table of `usage_tracker.capture.arrival`, and answers that are read late."""

import datetime as dt
from email.utils import format_datetime

import pytest

from tests.capture.calls import fetch_error, fetch_from
from tests.gateway_server import USER_SELF, Gateway, Script, http_reply, json_reply
from usage_tracker.capture import transport
from usage_tracker.capture.arrival import TOLERANCE, find_arrival
from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import Response
from usage_tracker.times import DAY, HOUR, LAST_MOMENT, MINUTE, SECOND, from_ms, now_ms

NOW = 1_795_000_000_000
MONTH = 30 * DAY
WRONG = (-HOUR, -8 * HOUR, -3 * DAY, MONTH)
YEAR_2023 = 1_672_531_200_000


@pytest.mark.parametrize("ahead", [0, SECOND, -SECOND, TOLERANCE, -TOLERANCE])
def test_a_clock_that_is_right_decides(ahead: int) -> None:
    arrival = find_arrival("a.example", NOW, NOW - ahead)
    assert (arrival.at, arrival.clock_ahead, arrival.note) == (NOW, 0, None)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (-TOLERANCE - 1, "clock is 5 min behind a.example"),
        (-HOUR, "clock is 1 h behind a.example"),
        (-8 * HOUR, "clock is 8 h behind"),
        (-3 * DAY, "clock is 3.0 days behind"),
        (MONTH, "clock is 30 days ahead of"),
        (NOW, "clock is "),
    ],
)
def test_where_the_two_are_far_apart_the_gateway_decides(ahead: int, words: str) -> None:
    date = YEAR_2023 if ahead == NOW else NOW - ahead
    arrival = find_arrival("a.example", NOW, date)
    assert (arrival.at, arrival.clock_ahead) == (date, NOW - date)
    assert arrival.note is not None
    assert words in arrival.note
    assert "set the clock, as with `sudo timedatectl set-ntp true`" in arrival.note


@pytest.mark.parametrize("clock", [0, DAY, NOW - 3650 * DAY, NOW, LAST_MOMENT])
def test_a_machine_without_a_clock_has_the_gateways_time(clock: int) -> None:
    assert find_arrival("a.example", clock, NOW).at == NOW


@pytest.mark.parametrize(
    "date", [None, 0, -1, YEAR_2023 - 1, NOW + 3650 * DAY + 1, LAST_MOMENT, LAST_MOMENT + HOUR]
)
def test_a_date_that_cannot_be_right_changes_nothing(date: int | None) -> None:
    arrival = find_arrival("a.example", NOW, date)
    assert (arrival.at, arrival.clock_ahead, arrival.note) == (NOW, 0, None)


def test_an_old_answer_from_a_cache_does_not_accuse_the_clock() -> None:
    arrival = find_arrival("a.example", NOW, NOW - 12 * MINUTE, age=12 * MINUTE)
    assert (arrival.at, arrival.clock_ahead) == (NOW - 12 * MINUTE, 0)
    assert arrival.note is not None
    assert arrival.note.startswith("the answer is 12 min old, from a cache")
    young = find_arrival("a.example", NOW, NOW - MINUTE, age=MINUTE)
    assert (young.at, young.note) == (NOW, None)
    both = find_arrival("a.example", NOW, NOW - DAY, age=12 * MINUTE)
    assert (both.at, both.clock_ahead) == (NOW - DAY, DAY - 12 * MINUTE)


@pytest.mark.parametrize(("late", "is_told"), [(0, False), (30_000, False), (55 * MINUTE, True)])
def test_an_answer_that_waited_for_the_machine_has_its_own_moment(late: int, is_told: bool) -> None:  # noqa: FBT001
    arrival = find_arrival("a.example", NOW, NOW - late, since=NOW - HOUR)
    assert (arrival.at, arrival.clock_ahead) == (NOW - late, 0)
    assert bool(arrival.note) is is_told


def test_the_moment_of_a_late_answer_lies_within_its_call() -> None:
    assert find_arrival("a", NOW, NOW + MINUTE, since=NOW - HOUR).at == NOW
    assert find_arrival("a", NOW, NOW - HOUR - MINUTE, since=NOW - HOUR).at == NOW - HOUR


@pytest.mark.parametrize("ahead", WRONG)
def test_a_wrong_clock_and_a_late_answer_at_once(ahead: int) -> None:
    arrival = find_arrival("a", NOW, NOW - ahead - MINUTE, since=NOW - 2 * MINUTE)
    assert arrival.at == NOW - ahead - MINUTE
    assert abs(arrival.clock_ahead - ahead) <= MINUTE


@pytest.mark.parametrize("date", [None, 0, LAST_MOMENT])
def test_a_late_answer_without_a_date_has_no_moment(date: int | None) -> None:
    assert find_arrival("a", NOW, date, since=NOW - HOUR).at is None


def dated(moment: dt.datetime | str, **more: str) -> dict[str, str]:
    text = moment if isinstance(moment, str) else format_datetime(moment, usegmt=True)
    return {"Date": text, **more}


@pytest.mark.parametrize(
    ("text", "age"), [("600", 600_000), (" 7 ", 7000), ("", 0), ("-1", 0), ("x", 0), ("9" * 11, 0)]
)
def test_the_time_in_a_cache_is_read_if_it_is_valid(text: str, age: int) -> None:
    assert Response("a.example", 200, {"age": text}, b"", 0).age == age


@pytest.mark.parametrize("ahead", WRONG)
def test_a_success_and_a_failure_have_the_gateways_time(gateway: Gateway, ahead: int) -> None:
    date = from_ms(now_ms() - ahead).replace(microsecond=0)
    gateway.script = json_reply(USER_SELF, headers=dated(date))
    assert fetch_from(gateway.url).captured_at == date.timestamp() * 1000
    gateway.script = json_reply({}, 500, dated(date))
    arrival = fetch_error(gateway.url).arrival
    assert arrival is not None
    assert arrival.clock_ahead == pytest.approx(ahead, abs=10_000)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "0", "9" * 5000, "Thu, 01 Jan 1970 00:00:00 GMT"),
        *("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -1200"),
        *("Fri, 31 Dec 2026 23:59:59 -0000", "31 Dec 2020", "Sun, 06 Nov 0001 08:49:37 +1400"),
    ],
)
def test_any_date_is_survived(gateway: Gateway, text: str) -> None:
    gateway.script = json_reply(USER_SELF, headers=dated(text))
    assert fetch_from(gateway.url).captured_at == pytest.approx(now_ms(), abs=10_000)


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock goes on by an hour during a call; the monotonic one does not."""
    start = now_ms() - HOUR
    moments = iter((start, start + HOUR))
    monkeypatch.setattr(transport, "now_ms", lambda: next(moments))


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize("minutes", [2, 30, 58])
def test_a_laptop_that_slept_keeps_the_moment_of_its_answer(gateway: Gateway, minutes: int) -> None:
    date = from_ms(now_ms() - minutes * MINUTE)
    gateway.script = json_reply(USER_SELF, headers=dated(date))
    answer = fetch_from(gateway.url)
    assert answer.captured_at == pytest.approx(date.timestamp() * 1000, abs=1000)
    assert answer.arrival is not None
    assert f"gateway's time, {minutes} min ago" in (answer.arrival.note or "")


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize(
    "script", [json_reply(USER_SELF), json_reply(USER_SELF, headers=dated("?"))]
)
def test_without_a_date_a_laptop_that_slept_has_no_answer(gateway: Gateway, script: Script) -> None:
    gateway.script = script
    error = fetch_error(gateway.url)
    assert (error.kind, error.http_status) == (Kind.TIMEOUT, 200)
    assert "stopped or asleep" in str(error)


@pytest.mark.usefixtures("asleep")
def test_a_failure_keeps_its_kind_though_the_laptop_slept(gateway: Gateway) -> None:
    gateway.script = http_reply(404)
    assert fetch_error(gateway.url).kind is Kind.NOT_FOUND
