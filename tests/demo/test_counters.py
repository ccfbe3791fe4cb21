import numpy as np

from usage_tracker.demo.counters import Beats, Track, book, happen, reset, total
from usage_tracker.demo.scenario import Booking, Happening, Script
from usage_tracker.demo.traffic import Requests

AT_ONCE = Beats(batch=False, quota_phase=0, used_phase=0)
ARRIVED, ENDED, COST = 1_000, 61_000, 700
ONE = Requests(
    arrived=np.array([ARRIVED]),
    ended=np.array([ENDED]),
    worth=np.array([COST]),
    failed=np.array([False]),
)


def script(**booking: float) -> Script:
    return Script(start=0, booking=Booking(delay=40, **booking))  # type: ignore[arg-type]


def steps(asked: Requests, told: Script) -> list[tuple[int, int]]:
    """The distinct states of (quota, used) that `asked` leads through."""
    tracks = book(asked, told, AT_ONCE)
    moments = np.arange(0, 2 * ENDED)
    pairs = zip(total(tracks.quota, moments), total(tracks.used, moments), strict=True)
    return [(int(quota), int(used)) for quota, used in dict.fromkeys(pairs)]


def test_a_request_reserves_then_settles_then_counts() -> None:
    start, reserved, settled, counted = steps(ONE, script(used_first=0.0))
    assert start == (0, 0)
    assert reserved[0] < 0
    assert reserved[1] == 0
    assert settled == (-COST, 0)
    assert counted == (-COST, COST)


def test_in_the_other_order_the_sum_overshoots_its_reservation_before_it_settles() -> None:
    _, reserved, counted, settled = steps(ONE, script(used_first=1.0))
    assert counted == (reserved[0], COST)
    assert settled == (-COST, COST)


def test_a_small_reservation_and_the_other_order_lift_the_sum_above_its_level() -> None:
    told = script(used_first=1.0, reserving=0.0)
    assert steps(ONE, told) == [(0, 0), (0, COST), (-COST, COST)]


def test_a_failed_request_gives_its_reservation_back_and_is_not_counted() -> None:
    failed = Requests(ONE.arrived, ONE.ended, ONE.worth, np.array([True]))
    start, reserved = steps(failed, script())
    assert start == (0, 0)
    assert reserved[0] < 0
    assert book(failed, script(), AT_ONCE).requests.at(2 * ENDED) == 0


def test_in_batch_mode_each_counter_is_written_on_its_own_beat() -> None:
    beats = Beats(batch=True, quota_phase=1_200, used_phase=4_700)
    tracks = book(ONE, script(), beats)
    assert list(tracks.quota[0].times) == [1_200, 61_200]
    assert list(tracks.used[0].times) == [64_700]


def test_a_beat_writes_what_is_due_at_it_and_nothing_before() -> None:
    beats = Beats(batch=True, quota_phase=1_200, used_phase=0)
    due = np.array([-3_801, -3_800, 1_199, 1_200, 1_201])
    assert list(beats.quota(due)) == [-3_800, -3_800, 1_200, 1_200, 6_200]


def test_a_refund_moves_both_counters_and_a_top_up_the_balance_alone() -> None:
    tracks = happen((Happening(10, "top_up", 500), Happening(20, "refund", 30)), AT_ONCE)
    assert [int(total(tracks.quota, t)) for t in (9, 10, 19, 20, 21)] == [0, 500, 500, 530, 530]
    assert [int(total(tracks.used, t)) for t in (9, 10, 19, 20, 21)] == [0, 0, 0, 0, -30]


def test_each_reset_wipes_out_what_was_counted_since_the_one_before() -> None:
    told = Script(
        start=0, used=1_000, happenings=(Happening(2 * ENDED, "reset"), Happening(500, "reset"))
    )
    resets = reset(told, book(ONE, told, AT_ONCE))
    assert resets == [Happening(500, "reset", 1_000), Happening(2 * ENDED, "reset", COST)]


def test_a_track_takes_its_movements_in_any_order_and_counts_the_one_at_the_moment() -> None:
    track = Track.of(np.array([30, 10, 20]), np.array([3, 1, 2]))
    assert list(track.at([9, 10, 20, 29, 30])) == [0, 1, 3, 3, 6]
