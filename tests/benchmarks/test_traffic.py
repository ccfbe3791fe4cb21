import numpy as np

from tests.benchmarks.traffic import DAY, HOUR, MINUTE, live
from usage_tracker.forecast import depletion
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import SnapshotArrays

NOW = 1_795_000_000_000


def test_a_seed_always_lives_the_same_life() -> None:
    one, same, other = (live(1000, HOUR, NOW, seed) for seed in (1, 1, 2))
    assert (one.quota == same.quota).all()
    assert (one.used == same.used).all()
    assert (one.used != other.used).any()


def test_a_life_ends_at_the_moment_asked_for() -> None:
    times = live(10_000, MINUTE, NOW).times
    assert int(times[-1]) == NOW
    assert (np.diff(times) > 0).all()


def test_the_balance_lasts_and_all_that_can_happen_happens() -> None:
    life = live(365 * 24, HOUR, NOW, seed=1)
    book = build.build_ledger(SnapshotArrays(life.times, life.quota, life.used))
    assert life.quota.min() > 0
    assert {event.kind for event in book.events} == {"top_up", "refund", "reset", "gap"}
    assert depletion.forecast(book.curve, balance=10**7, as_of=NOW + DAY).median is not None
