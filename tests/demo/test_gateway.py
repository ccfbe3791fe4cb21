import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import requests

from usage_tracker.demo.gateway import Gateway, accelerated
from usage_tracker.demo.simulated_account import (
    Polls,
    Scenario,
    SimulatedAccount,
    Traffic,
    simulate,
)
from usage_tracker.times import DAY, HOUR, MINUTE

START = 20_700 * DAY
TOKEN = "demo-0123456789abcdef"
SELF = "/api/user/self"


class Clock:
    """A clock that shows the moment it is set to."""

    def __init__(self) -> None:
        self.moment = START + 12 * HOUR

    def __call__(self) -> int:
        return self.moment


@pytest.fixture(scope="module")
def account() -> SimulatedAccount:
    traffic = Traffic(requests_per_day=3000, streams=0.5)
    return simulate(Scenario(start=START, length=2 * DAY, traffic=traffic, polls=Polls(HOUR)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gateway(account: SimulatedAccount, clock: Clock) -> Iterator[Gateway]:
    with Gateway(account, token=TOKEN, clock=clock) as running:
        yield running


def get(gateway: Gateway, path: str, authorization: str | None = None) -> requests.Response:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return requests.get(gateway.url + path, headers=headers, timeout=5)


@pytest.mark.parametrize("authorization", [TOKEN, f"Bearer {TOKEN}"])
def test_it_returns_the_counters_of_the_moment(
    gateway: Gateway, account: SimulatedAccount, clock: Clock, authorization: str
) -> None:
    for moment in (START, START + 10 * HOUR + 1, START + 30 * HOUR):
        clock.moment = moment
        answer = get(gateway, SELF, authorization)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("application/json")
        answered, true = answer.json(), account.at(moment)[0]
        assert answered["success"] is True
        assert "message" not in answered
        assert answered["data"]["quota"] == true["quota"]
        assert answered["data"]["used_quota"] == true["used"]
        assert answered["data"]["request_count"] == true["requests"]


def test_requests_are_seen_in_flight(
    gateway: Gateway, account: SimulatedAccount, clock: Clock
) -> None:
    sums = set()
    for second in range(60):
        clock.moment = START + 15 * HOUR + 1000 * second
        data = get(gateway, SELF, TOKEN).json()["data"]
        sums.add(data["quota"] + data["used_quota"])
    assert len(sums) > 5
    assert max(sums) <= account.scenario.quota + account.scenario.used


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "Bearer é", "x" * 999]
)
def test_it_refuses_a_wrong_token_in_json(gateway: Gateway, authorization: str | None) -> None:
    encoded = None if authorization is None else authorization.encode().decode("latin-1")
    answer = get(gateway, SELF, encoded)
    assert answer.status_code == 401
    assert answer.json()["success"] is False
    assert "access token" in answer.json()["message"]
    assert "quota" not in answer.text


def test_anything_else_is_not_found_in_json(gateway: Gateway) -> None:
    asked = [get(gateway, "/", TOKEN), get(gateway, "/api/user/token", TOKEN)]
    asked.append(requests.post(gateway.url + SELF, json={"quota": 1}, timeout=5))
    for answer in asked:
        assert answer.status_code == 404
        assert answer.json()["success"] is False


def test_the_status_shows_the_units_of_a_dollar_without_a_token(gateway: Gateway) -> None:
    assert get(gateway, "/api/status").json()["data"]["quota_per_unit"] == 500_000


def test_during_an_outage_everything_is_503_and_after_it_all_is_well(gateway: Gateway) -> None:
    with gateway.outage():
        answer = get(gateway, SELF, TOKEN)
        assert answer.status_code == 503
        assert not answer.headers["Content-Type"].startswith("application/json")
        assert get(gateway, "/api/status").status_code == 503
    assert get(gateway, SELF, TOKEN).status_code == 200


def test_many_may_ask_at_once(gateway: Gateway) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: get(gateway, SELF, TOKEN).text, range(64)))
    assert len(set(answers)) == 1
    assert gateway.requests == 64


def test_without_a_token_it_makes_one_up(account: SimulatedAccount) -> None:
    one, two = Gateway(account), Gateway(account)
    with one, two:
        assert one.token != two.token
        assert get(one, SELF, one.token).status_code == 200
        assert get(one, SELF, two.token).status_code == 401


def test_it_leaves_no_thread_no_port_and_no_word_behind(
    account: SimulatedAccount, capfd: pytest.CaptureFixture[str]
) -> None:
    before = threading.active_count()
    with Gateway(account, token=TOKEN) as gateway:
        address = ("127.0.0.1", int(gateway.url.rpartition(":")[2]))
        with socket.create_connection(address) as rude:
            rude.sendall(b"GET /api/user/self HTTP/1.1\r\nHo")
        with socket.create_connection(address) as nonsense:
            nonsense.sendall(b"\x00\xff\r\n\r\n")
            nonsense.recv(1000)
        get(gateway, SELF, TOKEN)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    assert threading.active_count() <= before + 1
    assert capfd.readouterr() == ("", "")


def test_an_accelerated_clock_runs_ahead_from_where_it_began() -> None:
    clock = accelerated(START, speed=1e9)
    shown = [clock() for _ in range(100)]
    assert shown[0] >= START
    assert all(one <= two for one, two in pairwise(shown))
    assert shown[-1] - START > MINUTE
