from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.analysis.samples import regular_histories
from usage_tracker.analysis import ledger, statement
from usage_tracker.analysis.readings import Readings
from usage_tracker.config.account import Account, TokenFromEnv
from usage_tracker.store import accounts
from usage_tracker.store.database import Database
from usage_tracker.store.recent import Spent, spent_since
from usage_tracker.store.schema import snapshot
from usage_tracker.times import DAY

History = list[tuple[int, int]]
LATER = 10**14


def spent(where: str | Path, history: History, since: int, now: int = LATER) -> Spent | None:
    """What is spent since a moment by a history of (captured_at, used_quota)."""
    with Database.open(where) as database, database.write() as connection:
        account_id = accounts.ensure(connection, Account("a", TokenFromEnv("X"))).account_id
        rows = [
            {"account_id": account_id, "captured_at": t, "quota": 0, "used_quota": u, "source": 0}
            for t, u in history
        ]
        if rows:
            connection.execute(insert(snapshot), rows)
        found = spent_since(connection, account_id, since, now)
        connection.rollback()
        return found


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([(50, 7)], None),
        ([(150, 7)], None),
        ([(50, 7), (90, 9)], None),
        ([(100, 5), (200, 8)], Spent(3, 3, 100)),
        ([(150, 5), (200, 8)], Spent(3, 3, 50)),
        ([(50, 0), (150, 10)], Spent(5, 5, 50)),
        ([(0, 0), (50, 5), (150, 15), (200, 20)], Spent(10, 10, 100)),
        ([(100, 50), (120, 60), (140, 55), (160, 58)], Spent(13, 13, 60)),
        ([(100, 50), (200, 40)], Spent(0, 0, 100)),
        ([(100, 50), (200, 20)], Spent(20, 20, 100)),
    ],
)
def test_spend_since_100(database_url: str, history: History, expected: Spent | None) -> None:
    assert spent(database_url, history, 100) == expected


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recent") / "usage.db"


def _since_reset(before: int, now: int) -> int:
    """The balance of these histories is always nothing."""
    return now if 0 < now <= before // 2 else 0


moments = st.integers(0, 10**13)
histories = st.dictionaries(moments, st.integers(-(2**40), 2**40), min_size=1, max_size=12)


@given(histories, moments)
def test_it_is_the_ledger_s_rule_applied_step_by_step(
    path: Path, readings: dict[int, int], since: int
) -> None:
    history = sorted(readings.items())
    steps = [
        (t0, t1, u1 - u0 if u1 > u0 else _since_reset(u0, u1))
        for (t0, u0), (t1, u1) in pairwise(history)
        if t1 > since
    ]
    found = spent(path, history, since)
    if not steps:
        assert found is None
        return
    expected = sum(
        (Fraction(u * (t1 - max(t0, since)), t1 - t0) for t0, t1, u in steps), Fraction()
    )
    assert found is not None
    assert abs(found.units - expected) <= 1


@given(regular_histories(), st.integers(0, DAY))
def test_the_report_s_rate_of_24_hours_is_the_same(
    path: Path, readings: Readings, ago: int
) -> None:
    times, used = readings.times, np.maximum.accumulate(readings.used)
    now = int(times[-1]) + ago
    pace = statement.pace(ledger.keep(Readings(times, readings.quota, used)), now, DAY)
    found = spent(path, list(zip(times.tolist(), used.tolist(), strict=True)), now - DAY, now)
    if found is None:
        assert pace.spend is None
        return
    assert pace.spend is not None
    assert abs(found.units - pace.spend) <= 1
    assert found.known == pytest.approx(pace.coverage * DAY)
    if pace.per_day:
        assert found.sure * DAY / found.known == pytest.approx(pace.per_day, rel=1e-3, abs=3)
