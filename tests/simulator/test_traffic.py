from dataclasses import replace

import numpy as np
import pytest

from tests.simulator.account import EVERY_DAY, ROUND_THE_CLOCK
from usage_tracker.demo.simulated_account import Outage, Scenario, Traffic, draw_requests
from usage_tracker.money import units
from usage_tracker.times import DAY, HOUR, MINUTE

MONDAY = 20_700 * DAY - 20_700 * DAY % (7 * DAY) + 4 * DAY
STEADY = Traffic(
    requests_per_day=2000,
    usd_per_day=12,
    hours=ROUND_THE_CLOCK,
    weekdays=EVERY_DAY,
    bursts_per_day=0,
    daily_spread=0,
)


def test_requests_come_in_order_and_within_the_scenario() -> None:
    scenario = Scenario(start=MONDAY, length=40_500, traffic=replace(STEADY, requests_per_day=1e6))
    drawn = draw_requests(scenario)
    assert np.all(np.diff(drawn.arrived) >= 0)
    assert drawn.arrived[0] >= scenario.start
    assert drawn.arrived[-1] < scenario.end
    assert np.all(drawn.ended > drawn.arrived)
    assert np.max(drawn.ended - drawn.arrived) <= 10 * MINUTE


def test_number_and_cost_of_requests_are_about_what_was_asked_for() -> None:
    drawn = draw_requests(Scenario(start=MONDAY, length=28 * DAY, traffic=STEADY))
    assert len(drawn.arrived) == pytest.approx(28 * 2000, rel=0.02)
    assert np.sum(drawn.cost) == pytest.approx(28 * units(12), rel=0.05)


def test_bursts_move_requests_together_but_add_none_on_average() -> None:
    bursty = replace(STEADY, bursts_per_day=6.0, burst_strength=10.0)
    scenario = Scenario(start=MONDAY, length=60 * DAY, traffic=bursty)
    arrived = draw_requests(scenario).arrived
    an_hour = np.bincount((arrived - scenario.start) // HOUR)
    assert len(arrived) == pytest.approx(60 * 2000, rel=0.1)
    assert np.var(an_hour) > 5 * np.mean(an_hour)


def test_failed_requests_cost_nothing_and_the_others_something() -> None:
    drawn = draw_requests(
        Scenario(start=MONDAY, length=5 * DAY, traffic=replace(STEADY, failures=0.2))
    )
    assert np.mean(drawn.failed) == pytest.approx(0.2, abs=0.02)
    assert np.all((drawn.cost == 0) == drawn.failed)


def test_a_working_week_has_quiet_nights_and_weekends_in_its_own_clock() -> None:
    scenario = Scenario(start=MONDAY, length=28 * DAY, traffic=Traffic(utc_offset=8 * HOUR))
    local = draw_requests(scenario).arrived + 8 * HOUR
    weekend = (local - MONDAY) // DAY % 7 >= 5
    hour = local // HOUR % 24
    assert np.sum(weekend) / 2 < 0.4 * np.sum(~weekend) / 5
    assert np.sum((hour >= 1) & (hour < 5)) < 0.1 * np.sum((hour >= 14) & (hour < 18))


def test_growth_is_compounded_by_the_week() -> None:
    growing = replace(STEADY, growth_per_week=0.5)
    scenario = Scenario(start=MONDAY, length=14 * DAY, traffic=growing)
    weeks = np.bincount((draw_requests(scenario).arrived - scenario.start) // (7 * DAY))
    assert weeks[1] / weeks[0] == pytest.approx(1.5, rel=0.05)


def test_an_idle_account_asks_nothing() -> None:
    assert (
        len(
            draw_requests(
                Scenario(start=MONDAY, traffic=replace(STEADY, requests_per_day=0))
            ).arrived
        )
        == 0
    )


def test_no_request_arrives_while_the_gateway_is_down_but_while_the_poller_is() -> None:
    outages = (
        Outage(MONDAY + HOUR, MONDAY + 3 * HOUR, of="gateway"),
        Outage(MONDAY + 5 * HOUR, MONDAY + 7 * HOUR, of="poller"),
    )
    scenario = Scenario(start=MONDAY, length=DAY, traffic=STEADY, outages=outages)
    hours = np.bincount((draw_requests(scenario).arrived - MONDAY) // HOUR, minlength=24)
    assert list(np.flatnonzero(hours == 0)) == [1, 2]
