from collections.abc import Iterator
from email.utils import formatdate

import pytest

from usage_tracker.capture.arrival import SET_CLOCK
from usage_tracker.capture.response import Response
from usage_tracker.doctor import clock
from usage_tracker.doctor.clock import check_clock, is_synchronised

NOW = 1_795_000_000_000
HOUR, DAY = 3600, 86_400


def gateway(ahead: float, name: str = "a", age: int = 0) -> Response:
    """An answer that shows this machine's clock to be `ahead` seconds ahead of the gateway's."""
    date = formatdate(NOW / 1000 - ahead - age, usegmt=True)
    return Response(f"{name}.example", 200, {"date": date, "age": str(age)}, b"", NOW)


def check(*responses: Response) -> list[tuple[str, str]]:
    """The gravity and the text of each diagnostic."""
    return [(each.gravity, each.text) for each in check_clock(responses)]


def cures(*responses: Response) -> set[str | None]:
    return {each.cure for each in check_clock(responses)}


@pytest.mark.parametrize("ahead", [0, 29, -29])
def test_a_clock_that_agrees_is_ok(ahead: float) -> None:
    assert check(gateway(ahead)) == [("ok", "agrees with a.example")]


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (-HOUR, "1 h slow"),
        (-8 * HOUR, "8 h slow"),
        (-3 * DAY, "3.0 days slow"),
        (30 * DAY, "30 days fast"),
        (60, "60 s fast"),
    ],
)
def test_one_gateway_alone_is_believed(ahead: float, text: str) -> None:
    assert check(gateway(ahead)) == [("wrong", f"{text}, compared with a.example")]
    assert cures(gateway(ahead)) == {SET_CLOCK}


@pytest.mark.parametrize("ahead", [-HOUR, 8 * HOUR, 3 * DAY])
def test_one_wrong_gateway_of_several_does_not_accuse_this_machine(ahead: float) -> None:
    responses = (gateway(ahead), gateway(2, "b"))
    (wrong, agreeing) = check(*responses)
    assert wrong[0] == "wrong"
    assert wrong[1].startswith("the clock of a.example is ")
    assert wrong[1].endswith("fast" if ahead < 0 else "slow")
    assert agreeing == ("ok", "agrees with b.example")
    assert SET_CLOCK not in cures(*responses)


@pytest.mark.parametrize("ahead", [-HOUR, 8 * HOUR, 3 * DAY])
def test_network_time_is_believed_before_a_gateway(
    ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "is_synchronised", lambda: True)
    ((gravity, text),) = check(gateway(ahead))
    assert (gravity, text.split(" is ")[0]) == ("wrong", "the clock of a.example")
    assert SET_CLOCK not in cures(gateway(ahead))


def test_a_small_difference_of_one_gateway_of_several_is_a_note() -> None:
    assert check(gateway(0), gateway(120, "b")) == [
        ("ok", "agrees with a.example"),
        ("note", "the clock of b.example is 2 min slow"),
    ]


def test_most_gateways_are_believed() -> None:
    responses = (gateway(DAY), gateway(DAY + 5, "b"), gateway(-HOUR, "c"))
    first, second = check(*responses)
    assert first == ("wrong", "24 h fast, compared with a.example, b.example")
    assert second == ("wrong", "the clock of c.example is 25 h fast")


def test_gateways_that_disagree_leave_it_open() -> None:
    responses = (gateway(DAY), gateway(-HOUR, "b"))
    assert [text.endswith("the gateways disagree") for _, text in check(*responses)] == [True, True]
    assert cures(*responses) == {"compare it with another clock, as with `timedatectl`"}


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_gateway_without_a_clock_is_a_note(date: str) -> None:
    response = Response("a.example", 200, {"date": date}, b"", NOW)
    ((gravity, text),) = check(response)
    assert gravity == "note"
    assert text.endswith("snapshots have this machine's time")


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}])
def test_without_a_date_nothing_is_said(headers: dict[str, str]) -> None:
    assert check(Response("a.example", 200, headers, b"", NOW)) == []


def test_an_old_answer_from_a_cache_is_no_wrong_clock() -> None:
    assert check(gateway(0, age=3600)) == [("ok", "agrees with a.example")]


def test_a_machine_that_cannot_ask_its_kernel_is_not_synchronised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert is_synchronised() in {True, False}
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not is_synchronised()


def exhaust(values: Iterator[object]) -> None:
    while True:
        next(values)


@pytest.mark.parametrize(
    ("responses", "ahead"),
    [
        ((), 0),
        ((gateway(2),), 2),
        ((gateway(3 * DAY),), 3 * DAY),
        ((gateway(-HOUR), gateway(0, "b")), 0),
        ((gateway(-HOUR), gateway(DAY, "b")), 0),
        ((gateway(-HOUR), gateway(DAY, "b"), gateway(DAY, "c")), DAY),
    ],
)
def test_how_wrong_the_clock_is_is_known_for_the_other_checks(
    responses: tuple[Response, ...], ahead: float
) -> None:
    with pytest.raises(StopIteration) as end:
        exhaust(check_clock(responses))
    assert abs(end.value.value - ahead * 1000) <= 2000
