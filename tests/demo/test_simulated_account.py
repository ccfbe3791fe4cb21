import sys
from dataclasses import replace
from types import FrameType

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.demo.simulated_account import (
    Booking,
    Happening,
    Life,
    Outage,
    Polls,
    Script,
    Traffic,
    live,
)
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.money import units
from usage_tracker.times import DAY, HOUR, MINUTE

START = 20_700 * DAY
BUSY = Traffic(requests_per_day=3000, streams=0.6)
HAPPENINGS = (
    Happening(START + 5 * HOUR, "top_up", units(20)),
    Happening(START + 9 * HOUR, "adjustment", -units(7)),
    Happening(START + 11 * HOUR, "refund", units(0.5)),
    Happening(START + 14 * HOUR, "reset"),
    Happening(START + 21 * HOUR, "reset"),
)
SCRIPT = Script(
    start=START, length=2 * DAY, seed=5, traffic=BUSY, polls=Polls(MINUTE), happenings=HAPPENINGS
)

scripts = st.builds(
    Script,
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
        failures=st.floats(0.0, 1.0),
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
    happenings=st.sets(st.sampled_from(HAPPENINGS)).map(tuple),
)


def lost(life: Life, moments: Int64s) -> Int64s:
    """What resets up to each of `moments` have wiped out."""
    wiped = np.zeros(len(moments), dtype=np.int64)
    for happening in life.truth.happenings:
        if happening.kind == "reset":
            wiped += np.where(moments >= happening.at, happening.quota, 0)
    return wiped


def differ(one: Life, other: Life) -> bool:
    return one.snapshots.tobytes() != other.snapshots.tobytes()


def calls(script: Script) -> int:
    """How many Python functions run while `script` is lived."""
    count = 0

    def tally(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        live(script)
    finally:
        sys.setprofile(before)
    return count


@given(scripts)
def test_counters_lost_and_reserved_make_up_the_level_at_every_poll(script: Script) -> None:
    life = live(script)
    seen, t = life.snapshots, life.snapshots["t"]
    everything = seen["quota"] + seen["used"] + lost(life, t) + life.truth.reserved(t)
    assert np.array_equal(everything, life.truth.level(t))


@given(scripts)
def test_once_all_is_settled_nothing_is_reserved_and_the_balance_paid_for_all_spend(
    script: Script,
) -> None:
    life = live(script)
    after = script.end + HOUR
    happened = dict.fromkeys(("top_up", "adjustment", "refund", "reset"), 0)
    for happening in life.truth.happenings:
        if happening.at < after:
            happened[happening.kind] += happening.quota
    spend = life.truth.spend(0, after)
    end = life.at(after)[0]
    assert life.truth.reserved([after]) == 0
    assert end["used"] == script.used + spend - happened["refund"] - happened["reset"]
    credits_ = happened["top_up"] + happened["adjustment"] + happened["refund"]
    assert end["quota"] == script.quota + credits_ - spend


def test_between_happenings_the_used_counter_rises_by_exactly_the_spend() -> None:
    life = live(SCRIPT)
    t, used = life.snapshots["t"], life.snapshots["used"]
    quiet = t >= START + 22 * HOUR
    assert np.array_equal(np.diff(used[quiet]), np.diff(life.truth.spent(t[quiet])))
    assert life.truth.spend(int(t[quiet][0]), int(t[-1])) == used[-1] - used[quiet][0]


def test_the_same_script_gives_the_same_life_and_another_seed_another() -> None:
    assert not differ(live(SCRIPT), live(SCRIPT))
    assert differ(live(SCRIPT), live(replace(SCRIPT, seed=6)))


def test_happenings_change_nothing_but_the_counters() -> None:
    plain = live(replace(SCRIPT, happenings=()))
    assert plain.truth.spend(0, SCRIPT.end) == live(SCRIPT).truth.spend(0, SCRIPT.end)
    assert np.array_equal(plain.snapshots["requests"], live(SCRIPT).snapshots["requests"])


def test_a_busy_account_is_hardly_ever_seen_at_rest_and_an_idle_one_always() -> None:
    crowded = Traffic(requests_per_day=30_000, streams=1.0, stream_length=2 * MINUTE)
    busy = live(replace(SCRIPT, traffic=replace(crowded, hours=(1.0,) * 24)))
    assert np.mean(busy.truth.reserved(busy.snapshots["t"]) == 0) < 0.02
    idle = live(replace(SCRIPT, traffic=replace(crowded, requests_per_day=0)))
    assert np.all(idle.truth.reserved(idle.snapshots["t"]) == 0)


def test_the_sum_dips_below_its_level_and_with_used_first_juts_above_it() -> None:
    booking = Booking(used_first=1.0, delay=20_000, reserving=0.3)
    reserved = live(replace(SCRIPT, booking=booking)).truth.reserved(
        SCRIPT.start + MINUTE * np.arange(1440)
    )
    assert reserved.max() > 0
    assert reserved.min() < 0


def test_polls_come_as_often_as_told_within_their_jitter() -> None:
    t = live(replace(SCRIPT, polls=Polls(10 * MINUTE, jitter=30_000))).snapshots["t"]
    assert len(t) == 2 * 144
    late = t - START - 10 * MINUTE * np.arange(len(t))
    assert late.min() >= 0
    assert late.max() < 30_000


def test_an_outage_of_the_poller_hides_spend_that_goes_on() -> None:
    night = Outage(START + 8 * HOUR, START + 17 * HOUR)
    life = live(replace(SCRIPT, outages=(night,)))
    t = life.snapshots["t"]
    assert not np.any((t >= night.start) & (t < night.end))
    assert np.diff(t).max() >= 9 * HOUR
    assert len(life.failures) == 0
    assert life.truth.spend(night.start, night.end) > 0


def test_an_outage_of_the_gateway_makes_polls_fail() -> None:
    morning = Outage(START + 8 * HOUR, START + 9 * HOUR, of="gateway")
    life = live(replace(SCRIPT, outages=(morning,)))
    assert len(life.failures) == 60
    assert not np.any(np.isin(life.failures, life.snapshots["t"]))


def test_a_poller_that_is_down_does_not_notice_that_the_gateway_is() -> None:
    both = (Outage(START, START + HOUR, of="gateway"), Outage(START, START + HOUR))
    assert len(live(replace(SCRIPT, outages=both)).failures) == 0


def test_an_overdrawn_account_goes_on_below_zero() -> None:
    life = live(replace(SCRIPT, quota=units(1), happenings=()))
    assert life.snapshots["quota"][-1] < 0


def test_the_readings_are_the_snapshots() -> None:
    life = live(SCRIPT)
    assert np.array_equal(life.readings.times, life.snapshots["t"])
    assert np.array_equal(life.readings.quota, life.snapshots["quota"])
    assert np.array_equal(life.readings.used, life.snapshots["used"])
    assert life.readings.requests is not None
    assert np.array_equal(life.readings.requests, life.snapshots["requests"])


def test_request_count_counts_the_charged_requests_and_survives_a_reset() -> None:
    counted = live(SCRIPT).snapshots["requests"]
    assert np.all(np.diff(counted) >= 0)
    assert counted[-1] > 3000


def test_living_a_month_of_many_requests_takes_no_more_steps_than_a_day_of_few() -> None:
    month = replace(SCRIPT, length=30 * DAY, traffic=replace(BUSY, requests_per_day=10_000))
    assert calls(month) <= 1.1 * calls(replace(SCRIPT, length=DAY))
