"""Reports on counters near the limits of 64 bits; a warning fails a test."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.reporting.histories import MONDAY, keep
from usage_tracker import api
from usage_tracker.errors import MisuseError
from usage_tracker.history import History
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.money import LARGEST, SMALLEST
from usage_tracker.reporting.model import AccountReport
from usage_tracker.store.database import Database
from usage_tracker.times import HOUR, from_ms

TOP_UP = 5_000_000
NUMBERS = st.sampled_from([0, -1, 2**53, 2**62, -(2**62), LARGEST, SMALLEST])
ROWS = st.lists(
    st.tuples(NUMBERS | st.integers(SMALLEST, LARGEST), NUMBERS, st.integers(1, 6)),
    min_size=1,
    max_size=12,
)


def history(quota: list[int], used: list[int]) -> History:
    times = MONDAY + HOUR * np.arange(len(quota), dtype=np.int64)
    counters = (np.array(each, dtype=np.int64) for each in (quota, used))
    return History(SnapshotArrays(times, *counters), timezone="UTC")


def account(one: History) -> AccountReport:
    as_of = from_ms(int(one.readings.times[-1]) + 1)
    return api.report(one, since="30d", as_of=as_of).accounts[0]


def unlimited() -> History:
    """An account without a limit: the balance stands at its ceiling, and the spend rises."""
    hours = list(range(100))
    return history([LARGEST for _ in hours], [10_000_000 + 5_000 * hour for hour in hours])


@pytest.mark.parametrize("limit", [LARGEST - 20_000_000, SMALLEST + 20_000_000])
def test_a_balance_near_the_limit_is_exact_to_the_unit(limit: int) -> None:
    hours = range(72)
    quota = [limit - 1_001 * hour + TOP_UP * (hour >= 40) for hour in hours]
    told = account(history(quota, [1_001 * hour for hour in hours]))
    statement = told.reconciliation
    assert [(event.kind, event.quota) for event in told.events] == [("top_up", TOP_UP)]
    assert (statement.opening, statement.closing) == (quota[0], quota[-1])
    assert (statement.top_ups, statement.spend, statement.in_flight) == (TOP_UP, 71 * 1_001, 0)


def test_a_limit_that_is_lifted_is_a_top_up_of_64_bits() -> None:
    told = account(history([0] * 30 + [LARGEST] * 30, [0] * 60))
    assert [event.quota for event in told.events] == [LARGEST]


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS)
@example([(0, 0, 6), (0, SMALLEST, 1)])
@example([(LARGEST, LARGEST, 6), (SMALLEST, SMALLEST, 6), (LARGEST, LARGEST, 6)])
def test_any_counters_give_a_report(rows: list[tuple[int, int, int]]) -> None:
    quota = [quota for quota, _, count in rows for _ in range(count)]
    used = [used for _, used, count in rows for _ in range(count)]
    one = history(quota, used)
    statement = account(one).reconciliation
    one.periods()
    assert statement.opening is None or statement.closing == quota[-1]
    assert statement.spend is None or 0 <= statement.spend <= LARGEST


def test_rows_of_an_earlier_version_give_a_report(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        keep(database, unlimited())
    loaded = api.load(tmp_path / "usage.db")
    told = account(loaded)
    assert told.events == ()
    assert told.reconciliation.spend == 99 * 5_000


def test_a_frame_with_a_sum_beyond_64_bits_is_refused_with_its_row() -> None:
    rows = pd.DataFrame(unlimited().snapshots).assign(used_quota=[0, 1, *range(98)])
    with pytest.raises(MisuseError, match=r"beyond 64 bits at 2026-06-01T01:00:00.000Z"):
        History.from_frame(rows)
