import numpy as np

from tests.simulator.account import Reset, with_resets
from usage_tracker.demo.simulated_account import (
    Booking,
    Event,
    FlushSchedule,
    Movements,
    Requests,
    Scenario,
    SimulatedAccount,
    apply_events,
    book,
    total,
)

AT_ONCE = FlushSchedule(batch=False, quota_phase=0, used_phase=0)
ARRIVED, ENDED, COST = 1_000, 61_000, 700
ONE = Requests(
    arrived=np.array([ARRIVED]),
    ended=np.array([ENDED]),
    worth=np.array([COST]),
    failed=np.array([False]),
)


def scenario(**booking: float) -> Scenario:
    return Scenario(start=0, booking=Booking(delay=40, **booking))  # type: ignore[arg-type]


def steps(requests: Requests, scenario: Scenario) -> list[tuple[int, int]]:
    """The distinct states of (quota, used) that `requests` lead through."""
    counters = book(requests, scenario, AT_ONCE)
    moments = np.arange(0, 2 * ENDED)
    pairs = zip(total(counters.quota, moments), total(counters.used, moments), strict=True)
    return [(int(quota), int(used)) for quota, used in dict.fromkeys(pairs)]


def test_a_request_reserves_then_settles_then_counts() -> None:
    start, reserved, settled, counted = steps(ONE, scenario(used_first=0.0))
    assert start == (0, 0)
    assert reserved[0] < 0
    assert reserved[1] == 0
    assert settled == (-COST, 0)
    assert counted == (-COST, COST)


def test_in_the_other_order_the_sum_overshoots_its_reservation_before_it_settles() -> None:
    _, reserved, counted, settled = steps(ONE, scenario(used_first=1.0))
    assert counted == (reserved[0], COST)
    assert settled == (-COST, COST)


def test_a_small_reservation_and_the_other_order_lift_the_sum_above_its_level() -> None:
    at_once = scenario(used_first=1.0, reserving=0.0)
    assert steps(ONE, at_once) == [(0, 0), (0, COST), (-COST, COST)]


def test_a_failed_request_gives_its_reservation_back_and_is_not_counted() -> None:
    failed = Requests(ONE.arrived, ONE.ended, ONE.worth, np.array([True]))
    start, reserved = steps(failed, scenario())
    assert start == (0, 0)
    assert reserved[0] < 0
    account = SimulatedAccount(scenario(), book(failed, scenario(), AT_ONCE))
    assert account.at(2 * ENDED)["requests"] == 0


def test_in_batch_mode_each_counter_is_written_on_its_own_schedule() -> None:
    flush = FlushSchedule(batch=True, quota_phase=1_200, used_phase=4_700)
    counters = book(ONE, scenario(), flush)
    assert list(counters.quota[0].times) == [1_200, 61_200]
    assert list(counters.used[0].times) == [64_700]


def test_a_flush_writes_what_is_due_at_it_and_nothing_before() -> None:
    flush = FlushSchedule(batch=True, quota_phase=1_200, used_phase=0)
    due = np.array([-3_801, -3_800, 1_199, 1_200, 1_201])
    assert list(flush.quota(due)) == [-3_800, -3_800, 1_200, 1_200, 6_200]


def test_a_refund_moves_both_counters_and_a_top_up_the_balance_alone() -> None:
    events = (Event(10, "top_up", 500), Event(20, "refund", 30))
    counters = apply_events(events, AT_ONCE)
    assert [int(total(counters.quota, t)) for t in (9, 10, 19, 20, 21)] == [0, 500, 500, 530, 530]
    assert [int(total(counters.used, t)) for t in (9, 10, 19, 20, 21)] == [0, 0, 0, 0, -30]


def test_each_reset_wipes_out_what_was_counted_since_the_one_before() -> None:
    used = Scenario(start=0, used=1_000)
    account = SimulatedAccount(used, book(ONE, used, AT_ONCE))
    resets = with_resets(account, [2 * ENDED, 500]).resets
    assert resets == (Reset(500, 1_000), Reset(2 * ENDED, COST))


def test_movements_are_taken_in_any_order_and_counts_the_one_at_the_moment() -> None:
    movements = Movements.of(np.array([30, 10, 20]), np.array([3, 1, 2]))
    assert list(movements.at([9, 10, 20, 29, 30])) == [0, 1, 3, 3, 6]
