import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forecast.samples import START, readings, steady
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.build import build_ledger
from usage_tracker.ledger.strays import find_strays
from usage_tracker.times import DAY, HOUR, MINUTE

Rows = list[tuple[int, int, int]]

TEN_DAYS = steady(240)


def moved(rows: Rows, taken: float, stored: float) -> Rows:
    """The rows, and once more the counters of the hour `taken` under the time of `stored`."""
    _, quota, used = next(row for row in rows if row[0] >= taken * HOUR)
    return sorted([*rows, (int(stored * HOUR), quota, used)])


@pytest.mark.parametrize("behind", [1, 8, 72, 200])
def test_a_snapshot_of_a_clock_that_was_behind_is_a_stray(behind: float) -> None:
    rows = moved(TEN_DAYS, 240, 240 - behind - 0.05)
    ledger = build_ledger(readings(rows))
    assert [(e.kind, e.at) for e in ledger.events] == [
        ("stray", START + round((240 - behind - 0.05) * HOUR))
    ]
    assert ledger.curve.spent[-1] == 240 * 60_000
    assert len(ledger.readings) == len(rows) - 1


@pytest.mark.parametrize("ahead", [1, 8, 72, 200])
def test_a_snapshot_of_a_clock_that_was_ahead_is_a_stray(ahead: float) -> None:
    ledger = build_ledger(readings(moved(TEN_DAYS, 20, 20 + ahead + 0.05)))
    assert [event.kind for event in ledger.events] == ["stray"]
    assert ledger.curve.spent[-1] == 240 * 60_000


def test_a_job_that_ran_with_a_wrong_clock_leaves_several_strays() -> None:
    rows = TEN_DAYS
    for late in range(6):
        rows = moved(rows, 200 + late / 6, 150 + late / 6 + 0.02)
    assert len(find_strays(readings(rows))) == 6


def test_two_strays_between_the_same_snapshots_are_found() -> None:
    rows = moved(moved(TEN_DAYS, 200, 150.02), 200.2, 150.04)
    assert len(find_strays(readings(rows))) == 2


def test_a_refund_at_its_own_time_is_no_stray() -> None:
    rows = [(t, q, u + 5_000_000) for t, q, u in TEN_DAYS]
    charged = [(t, q - 900_000, u + 900_000) if t == 100 * HOUR else (t, q, u) for t, q, u in rows]
    assert len(find_strays(readings(charged))) == 0
    assert [event.kind for event in build_ledger(readings(charged)).events] == ["refund"]


def counted(rows: Rows, at: int, count: int) -> SnapshotArrays:
    """The rows with request counts, of which that of row `at` is `count`."""
    counts = np.arange(len(rows), dtype=np.int64)
    counts[at] = count
    times, quota, used = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return SnapshotArrays(START + times, quota, used, counts)


def test_request_counts_decide_what_a_decrease_is() -> None:
    high = [(t, q - 30_000, u + 30_000) if t == 100 * HOUR else (t, q, u) for t, q, u in TEN_DAYS]
    at = 600
    assert find_strays(counted(high, at, at)).tolist() == []
    assert find_strays(counted(high, at, at + 50)).tolist() == [at]
    low = [(t, q + 30_000, u - 30_000) if t == 100 * HOUR else (t, q, u) for t, q, u in TEN_DAYS]
    assert find_strays(counted(low, at, at)).tolist() == []
    assert find_strays(counted(low, at, at - 50)).tolist() == [at]


@given(
    every=st.sampled_from((MINUTE, 10 * MINUTE, HOUR, DAY)),
    back=st.integers(6, 400),
    jitter=st.integers(1, 45),
)
def test_without_its_strays_a_history_is_what_it_was(every: int, back: int, jitter: int) -> None:
    whole = steady(500 * every / HOUR, every=every)
    _, quota, used = whole[-1]
    rows = sorted([*whole, (whole[-1 - back][0] + jitter * every // 100, quota, used)])
    found = build_ledger(readings(rows))
    assert [e.kind for e in found.events] == ["stray"]
    assert found.curve.spent.tolist() == build_ledger(readings(whole)).curve.spent.tolist()
