import sys
from dataclasses import replace
from types import FrameType

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.account import TrueAccount, simulate
from usage_tracker.demo.simulated_account import (
    Booking,
    Event,
    Outage,
    Polls,
    Scenario,
    Traffic,
)
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.money import units
from usage_tracker.times import DAY, HOUR, MINUTE

START = 20_700 * DAY
BUSY = Traffic(requests_per_day=3000, streams=0.6)
EVENTS = (
    Event(START + 5 * HOUR, "top_up", units(20)),
    Event(START + 9 * HOUR, "adjustment", -units(7)),
    Event(START + 11 * HOUR, "refund", units(0.5)),
)
RESETS = (START + 14 * HOUR, START + 21 * HOUR)
SCENARIO = Scenario(
    start=START, length=2 * DAY, seed=5, traffic=BUSY, polls=Polls(MINUTE), events=EVENTS
)

scenarios = st.builds(
    Scenario,
    start=st.just(START),
    length=st.integers(HOUR, 2 * DAY),
    seed=st.integers(0, 2**32),
    quota=st.integers(-units(1), units(300)),
    used=st.integers(0, units(1e6)),
    traffic=st.builds(
        Traffic,
        requests_per_day=st.sampled_from([0.0, 3.0, 300.0, 3000.0]),
        usd_per_day=st.floats(0.0, 100.0),
        streams=st.floats(0.0, 1.0),
        failures=st.floats(0.0, 0.99),
    ),
    booking=st.builds(
        Booking,
        reserving=st.floats(0.0, 1.0),
        reservation=st.floats(0.0, 20.0),
        used_first=st.floats(0.0, 1.0),
        delay=st.integers(0, 3000),
        batch=st.booleans(),
    ),
    polls=st.builds(Polls, every=st.sampled_from([MINUTE, 10 * MINUTE, HOUR, DAY])),
    events=st.sets(st.sampled_from(EVENTS)).map(tuple),
)
accounts = st.builds(simulate, scenarios, st.sets(st.sampled_from(RESETS)))


def lost(account: TrueAccount, moments: Int64s) -> Int64s:
    """The `used_quota` lost in resets up to each of `moments`."""
    wiped = np.zeros(len(moments), dtype=np.int64)
    for reset in account.resets:
        wiped += np.where(moments >= reset.at, reset.quota, 0)
    return wiped


def differ(one: TrueAccount, other: TrueAccount) -> bool:
    return one.snapshots.tobytes() != other.snapshots.tobytes()


def calls(scenario: Scenario) -> int:
    """How many Python functions run while `scenario` is simulated."""
    count = 0

    def tally(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        assert len(simulate(scenario).snapshots)
    finally:
        sys.setprofile(before)
    return count


@given(accounts)
def test_counters_lost_and_reserved_make_up_the_level_at_every_poll(account: TrueAccount) -> None:
    seen, t = account.snapshots, account.snapshots["t"]
    everything = seen["quota"] + seen["used"] + lost(account, t) + account.reserved(t)
    assert np.array_equal(everything, account.level(t))


@given(accounts)
def test_once_all_is_settled_nothing_is_reserved_and_the_balance_paid_for_all_spend(
    account: TrueAccount,
) -> None:
    scenario = account.scenario
    after = scenario.end + HOUR
    happened = dict.fromkeys(("top_up", "adjustment", "refund", "reset"), 0)
    for event in account.events:
        if event.at < after:
            happened[event.kind] += event.quota
    spend = account.spend(0, after)
    end = account.at(after)[0]
    assert account.reserved([after]) == 0
    assert end["used"] == scenario.used + spend - happened["refund"] - happened["reset"]
    credits_ = happened["top_up"] + happened["adjustment"] + happened["refund"]
    assert end["quota"] == scenario.quota + credits_ - spend


def test_between_events_the_used_counter_rises_by_exactly_the_spend() -> None:
    account = simulate(SCENARIO, RESETS)
    t, used = account.snapshots["t"], account.snapshots["used"]
    quiet = t >= START + 22 * HOUR
    assert np.array_equal(np.diff(used[quiet]), np.diff(account.spent(t[quiet])))
    assert account.spend(int(t[quiet][0]), int(t[-1])) == used[-1] - used[quiet][0]


def test_the_same_scenario_gives_the_same_account_and_another_seed_another() -> None:
    assert not differ(simulate(SCENARIO), simulate(SCENARIO))
    assert differ(simulate(SCENARIO), simulate(replace(SCENARIO, seed=6)))


def test_events_change_nothing_but_the_counters() -> None:
    plain = simulate(replace(SCENARIO, events=()))
    assert plain.spend(0, SCENARIO.end) == simulate(SCENARIO).spend(0, SCENARIO.end)
    assert np.array_equal(plain.snapshots["requests"], simulate(SCENARIO).snapshots["requests"])


def test_a_busy_account_is_hardly_ever_seen_at_rest_and_an_idle_one_always() -> None:
    crowded = Traffic(requests_per_day=30_000, streams=1.0, stream_length=2 * MINUTE)
    busy = simulate(replace(SCENARIO, traffic=replace(crowded, hours=(1.0,) * 24)))
    assert np.mean(busy.reserved(busy.snapshots["t"]) == 0) < 0.02
    idle = simulate(replace(SCENARIO, traffic=replace(crowded, requests_per_day=0)))
    assert np.all(idle.reserved(idle.snapshots["t"]) == 0)


def test_the_sum_dips_below_its_level_and_with_used_first_juts_above_it() -> None:
    booking = Booking(used_first=1.0, delay=20_000, reserving=0.3)
    reserved = simulate(replace(SCENARIO, booking=booking)).reserved(
        SCENARIO.start + MINUTE * np.arange(1440)
    )
    assert reserved.max() > 0
    assert reserved.min() < 0


def test_polls_come_as_often_as_configured_within_their_jitter() -> None:
    t = simulate(replace(SCENARIO, polls=Polls(10 * MINUTE, jitter=30_000))).snapshots["t"]
    assert len(t) == 2 * 144
    late = t - START - 10 * MINUTE * np.arange(len(t))
    assert late.min() >= 0
    assert late.max() < 30_000


def test_an_outage_of_the_poller_hides_spend_that_continues() -> None:
    night = Outage(START + 8 * HOUR, START + 17 * HOUR)
    account = simulate(replace(SCENARIO, outages=(night,)))
    t = account.snapshots["t"]
    assert not np.any((t >= night.start) & (t < night.end))
    assert np.diff(t).max() >= 9 * HOUR
    assert len(account.failures) == 0
    assert account.spend(night.start, night.end) > 0


def test_an_outage_of_the_gateway_makes_polls_fail() -> None:
    morning = Outage(START + 8 * HOUR, START + 9 * HOUR, of="gateway")
    account = simulate(replace(SCENARIO, outages=(morning,)))
    assert len(account.failures) == 60
    assert not np.any(np.isin(account.failures, account.snapshots["t"]))


def test_a_poller_that_is_down_does_not_notice_that_the_gateway_is() -> None:
    both = (Outage(START, START + HOUR, of="gateway"), Outage(START, START + HOUR))
    assert len(simulate(replace(SCENARIO, outages=both)).failures) == 0


def test_an_overdrawn_account_continues_below_zero() -> None:
    account = simulate(replace(SCENARIO, quota=units(1), events=()))
    assert account.snapshots["quota"][-1] < 0


def test_the_readings_are_the_snapshots() -> None:
    account = simulate(SCENARIO)
    assert np.array_equal(account.readings.times, account.snapshots["t"])
    assert np.array_equal(account.readings.quota, account.snapshots["quota"])
    assert np.array_equal(account.readings.used, account.snapshots["used"])
    assert account.readings.requests is not None
    assert np.array_equal(account.readings.requests, account.snapshots["requests"])


def test_request_count_counts_the_charged_requests_and_survives_a_reset() -> None:
    counted = simulate(SCENARIO, RESETS).snapshots["requests"]
    assert np.all(np.diff(counted) >= 0)
    assert counted[-1] > 3000


def test_living_a_month_of_many_requests_takes_no_more_steps_than_a_day_of_few() -> None:
    month = replace(SCENARIO, length=30 * DAY, traffic=replace(BUSY, requests_per_day=10_000))
    assert calls(month) <= 1.1 * calls(replace(SCENARIO, length=DAY))
