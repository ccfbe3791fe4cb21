from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.analysis.frames import of_spans
from tests.examples import examples
from tests.forecast import samples
from tests.forecast.samples import (
    diverging_histories,
    histories,
    regular_histories,
    shifted,
    steady,
)
from usage_tracker.analysis import rates
from usage_tracker.analysis.calendar import timestamps
from usage_tracker.cli.account_status import recent
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.store import accounts
from usage_tracker.store.database import Database
from usage_tracker.store.recent_spend import RecentSpend
from usage_tracker.store.schema import snapshot
from usage_tracker.times import DAY

History = Sequence[tuple[int, ...]]
LATER = 10**14


def spent(where: str | Path, history: History, since: int, now: int = LATER) -> RecentSpend | None:
    """What is spent since a moment by a history of (captured_at, used_quota, quota or nothing)."""
    with Database.open(where) as database, database.write() as connection:
        account_id = accounts.get_or_create(connection, Account("a", TokenFromEnv("X"))).account_id
        rows = [
            {"account_id": account_id, "captured_at": t, "quota": sum(quota), "used_quota": u}
            | {"source": 0}
            for t, u, *quota in history
        ]
        if rows:
            connection.execute(insert(snapshot), rows)
        (found,) = recent(connection, account_id, [since], now)
        connection.rollback()
        return found


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([(50, 7)], None),
        ([(150, 7)], None),
        ([(50, 7), (90, 9)], None),
        ([(100, 5), (200, 8)], (3, 100)),
        ([(150, 5), (200, 8)], (3, 50)),
        ([(50, 0), (150, 10)], (5, 50)),
        ([(0, 0), (50, 5), (150, 15), (200, 20)], (10, 100)),
        ([(100, 50), (120, 60), (140, 55), (160, 58)], (13, 60)),
        ([(100, 50), (200, 40)], (0, 100)),
        ([(100, 50_000), (200, 20_000)], (20_000, 100)),
        ([(50, 50_000), (150, 20_000)], (10_000, 50)),
        ([(100, 90_000, 0), (200, 40_000, 50_000)], (0, 100)),
        ([(100, 90_000, 0), (200, 40_000, 0), (300, 40_000, 50_000)], (0, 200)),
        ([(100, 90_000, 0), (200, 40_000, 900_000)], (40_000, 100)),
    ],
)
def test_spend_since_100(
    database_url: str, history: History, expected: tuple[int, int] | None
) -> None:
    found = spent(database_url, history, 100)
    assert (found and (found.units, found.known)) == expected


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recent") / "usage.db"


moments = st.integers(0, 10**13)
counters = st.integers(-(2**40), 2**40)


@given(st.dictionaries(moments, st.tuples(counters, counters), min_size=1, max_size=12), moments)
def test_it_is_the_ledger_s_rule_applied_step_by_step(
    path: Path, drawn: dict[int, tuple[int, int]], since: int
) -> None:
    history = sorted((t, *counters) for t, counters in drawn.items())
    times, used, quota = (np.array(column) for column in zip(*history, strict=True))
    curve = build.build_ledger(SnapshotArrays(times, quota, used)).curve
    knots = zip(curve.times.tolist(), curve.spent.tolist(), strict=True)
    steps = [(t0, t1, s1 - s0) for (t0, s0), (t1, s1) in pairwise(knots) if t1 > since]
    found = spent(path, history, since)
    if not steps:
        assert found is None
        return
    expected = sum(
        (Fraction(u * (t1 - max(t0, since)), t1 - t0) for t0, t1, u in steps), Fraction()
    )
    assert found is not None
    assert abs(found.units - expected) <= 1


def credited_at_a_reset() -> SnapshotArrays:
    """A counter that begins anew in the interval of a top-up, a day before the end."""
    rows = shifted(steady(72), 48, quota=8_000_000, used=-47 * 60_000)
    return samples.readings(rows)


@settings(max_examples=examples(50))
@example(credited_at_a_reset(), 0)
@given(
    st.one_of(regular_histories(), diverging_histories(), histories(least=1)), st.integers(0, DAY)
)
def test_the_report_has_the_same_spend_and_rate_of_24_hours(
    path: Path, readings: SnapshotArrays, ago: int
) -> None:
    now = int(readings.times[-1]) + ago
    windows = rates.windows(timestamps([now])[0])
    window = windows.loc[windows["span"] == "24h"]
    totals = of_spans(build.build_ledger(readings), window, now)
    columns = (readings.times.tolist(), readings.used.tolist(), readings.quota.tolist())
    found = spent(path, list(zip(*columns, strict=True)), now - DAY, now)
    if found is None:
        assert totals["spend"].isna().all()
        return
    assert found.units == totals["spend"].iloc[0]
    per_day = rates.per_day(totals).iloc[0]
    assert (found.per_day is None) == pd.isna(per_day)
    if found.per_day is not None:
        assert found.per_day == pytest.approx(per_day, rel=1e-9)
