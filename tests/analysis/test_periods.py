import zoneinfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.frames import plain, totals, window
from tests.examples import examples
from tests.forecast.samples import START, diverging_histories, histories, readings, shifted, steady
from usage_tracker import dataframes
from usage_tracker.analysis import calendar, periods
from usage_tracker.analysis.calendar import By, timestamps
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import UNKNOWN, SnapshotArrays
from usage_tracker.ledger.build import Ledger
from usage_tracker.times import DAY, HOUR, SECOND

ZONES = ("UTC", "Asia/Taipei", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo")
DOLLAR = 500_000


def book(rows: list[tuple[int, int, int]]) -> Ledger:
    return build.build_ledger(readings(rows))


def at(*hours: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return START + np.array([round(hour * HOUR) for hour in hours], dtype=np.int64)


def test_spend_across_a_boundary_is_apportioned_evenly() -> None:
    hourly = book(steady(4, every=HOUR, per_hour=60_000))
    found = totals(hourly, at(0, 1.25, 4), as_of=START + 4 * HOUR)
    assert plain(found["spend"]) == [75_000, 165_000]


def test_the_balance_at_a_boundary_is_the_last_one_less_what_was_spent_since() -> None:
    hourly = book(steady(4, every=HOUR, quota=1_000_000, per_hour=60_000))
    found = totals(hourly, at(0, 1.25, 4), as_of=START + 4 * HOUR)
    assert plain(found["closing"]) == [925_000, 760_000]
    assert plain(found["opening"]) == [1_000_000, 925_000]


def test_a_window_cuts_the_interval_at_its_own_edges_too() -> None:
    hourly = book(steady(4, every=HOUR, per_hour=60_000))
    whole = window(hourly, START + HOUR // 2, START + 2 * HOUR + HOUR // 4, START + DAY)
    assert (whole["spend"], whole["in_flight"]) == (30_000 + 60_000 + 15_000, 0)


def test_a_day_costs_the_same_in_every_window_that_begins_inside_a_gap() -> None:
    rows = [row for row in steady(24 * 30) if not 24 * 5 * HOUR < row[0] < 24 * 20 * HOUR]
    outage = book(rows)
    days = [round(24 * day) for day in (10, 11, 12)]
    inside = totals(outage, at(*days), as_of=START + 30 * DAY)
    whole = totals(outage, at(0, *days, 24 * 30), as_of=START + 30 * DAY)
    assert plain(inside["spend"]) == plain(whole["spend"])[1:3] == [24 * 60_000] * 2
    assert inside["estimated"].all()
    assert (inside["coverage"] == 0).all()


def test_a_window_older_than_the_history_opens_with_its_first_snapshot() -> None:
    whole = window(book(steady(4)), START - DAY, START + 2 * HOUR, START + DAY)
    assert (whole["opening"], whole["spend"]) == (50_000_000, 120_000)


def test_before_and_after_the_history_nothing_is_known() -> None:
    found = totals(book(steady(4)), at(-2, -1, 5, 6), as_of=START + 6 * HOUR)
    assert plain(found["spend"]) == [None, 4 * 60_000, None]
    assert plain(found["closing"]) == [None, 50_000_000 - 240_000, 50_000_000 - 240_000]
    assert found["coverage"].iloc[0] == found["coverage"].iloc[2] == 0
    assert not found["estimated"].iloc[2]


def test_an_account_without_snapshots_has_no_row() -> None:
    none = np.empty(0, np.int64)
    assert totals(
        build.build_ledger(SnapshotArrays(none, none, none)), at(0, 1), START + HOUR
    ).empty


def test_a_lone_snapshot_has_a_balance_and_no_spend() -> None:
    whole = window(book(steady(0)), START - DAY, START + HOUR, START + HOUR)
    assert pd.isna(whole["spend"])
    assert (whole["opening"], whole["closing"]) == (50_000_000, 50_000_000)


def test_a_gap_across_a_boundary_makes_both_sides_estimated_and_uncovered() -> None:
    rows = [row for row in steady(48) if not 20 * HOUR < row[0] < 28 * HOUR]
    found = totals(book(rows), at(0, 24, 48), as_of=START + 2 * DAY)
    assert found["estimated"].all()
    assert found["coverage"].tolist() == pytest.approx([20 / 24, 20 / 24])
    assert plain(found["spend"]) == [24 * 60_000] * 2


def test_the_day_before_is_no_estimate_because_today_is_young() -> None:
    edges = at(0, 24, 24.05)
    found = totals(book(steady(24.2)), edges, as_of=int(edges[-1]))
    assert not found["estimated"].any()


def test_a_gap_inside_a_period_leaves_its_spend_exact() -> None:
    rows = [row for row in steady(48) if not 5 * HOUR < row[0] < 10 * HOUR]
    first = totals(book(rows), at(0, 24, 48), as_of=START + 2 * DAY).iloc[0]
    assert (first["estimated"], first["spend"]) == (False, 24 * 60_000)
    assert first["coverage"] == pytest.approx(19 / 24)


@pytest.mark.parametrize("every", [HOUR, DAY])
def test_a_second_of_jitter_estimates_nothing(every: int) -> None:
    jitter = [0, 3, 1, 2, 0, 2, 3, 1, 1, 0]
    rows = [(n * every + s * SECOND, 10**9 - n * 1000, n * 1000) for n, s in enumerate(jitter)]
    edges = START + np.arange(10, dtype=np.int64) * every
    found = totals(book(rows), edges, as_of=START + 9 * every)
    assert not found["estimated"].any()
    assert (found["coverage"] == 1).all()


@pytest.mark.parametrize(("every", "coverage"), [(1.2, 1), (1.3, 0)])
def test_an_interval_of_more_than_one_and_a_quarter_periods_is_an_estimate(
    every: float, coverage: int
) -> None:
    polls = book(steady(96, every=round(every * DAY)))
    edges = START + np.arange(0, 3, dtype=np.int64) * DAY
    found = totals(polls, edges, as_of=START + 4 * DAY)
    assert found["estimated"].tolist() == [coverage == 0] * 2
    assert found["coverage"].tolist() == [coverage] * 2


def test_the_period_of_a_reset_is_an_estimate() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48)]
    rows = shifted(rows, 30, used=-90 * DOLLAR - 30 * 60_000)
    found = totals(book(rows), at(0, 24, 48), as_of=START + 2 * DAY)
    assert found["estimated"].tolist() == [False, True]


def test_a_period_still_running_is_covered_up_to_now() -> None:
    found = totals(book(steady(6)), at(0, 24), as_of=START + 6 * HOUR)
    assert found["coverage"].tolist() == [1.0]


def test_requests_are_counted_where_both_ends_are_known() -> None:
    rows = readings(steady(4, every=HOUR))
    counted = SnapshotArrays(rows.times, rows.quota, rows.used, np.array([5, 7, UNKNOWN, 9, 4]))
    found = totals(build.build_ledger(counted), at(0, 1, 2, 3, 4), as_of=START + 4 * HOUR)
    assert plain(found["requests"]) == [2, None, None, None]


def test_requests_are_apportioned_like_spend() -> None:
    rows = readings(steady(2, every=HOUR))
    counted = SnapshotArrays(rows.times, rows.quota, rows.used, np.array([0, 100, 200]))
    found = totals(build.build_ledger(counted), at(0, 0.25, 2), as_of=START + 2 * HOUR)
    assert plain(found["requests"]) == [25, 175]


def test_time_in_two_gaps_that_overlap_counts_once() -> None:
    """A remembered gap overlaps other intervals if a snapshot from inside it arrives late."""
    rows = [row for row in steady(72) if not 30 * HOUR < row[0] < 39 * HOUR]
    late = (33 * HOUR, 50_000_000 - 33 * 60_000, 33 * 60_000)
    known = build.ledger_from_events(readings(sorted([*rows, late])), book(rows).events)
    found = totals(known, at(25, 30, 35, 40), as_of=START + 72 * HOUR)
    assert found["coverage"].tolist() == pytest.approx([1.0, 0.0, 0.2])


def test_many_accounts_are_computed_as_each_alone() -> None:
    ledgers = {
        "a": book(steady(48)),
        "b": book([row for row in steady(60) if not 20 * HOUR < row[0] < 28 * HOUR]),
        "c": book(shifted(steady(30, every=HOUR), 12, quota=9 * DOLLAR)),
    }
    spans, as_of = periods.spans(timestamps(at(0, 24, 48))), timestamps([START + 2 * DAY])[0]
    together = periods.totals(
        dataframes.of_ledgers(ledgers), dataframes.of_ledger_events(ledgers), spans, as_of
    )
    for name, ledger in ledgers.items():
        alone = totals(ledger, at(0, 24, 48), START + 2 * DAY)
        mine = together.xs(name)
        assert isinstance(mine, pd.DataFrame)
        pd.testing.assert_frame_equal(mine, alone)


@st.composite
def windows(draw: st.DrawFn, history: SnapshotArrays) -> tuple[int, int, int]:
    moments = st.integers(int(history.times[0]) - 3 * DAY, int(history.times[-1]) + 3 * DAY)
    since = draw(moments)
    until = since + draw(st.integers(1, 40 * DAY))
    return since, until, max(until, int(history.times[-1])) + draw(st.integers(0, DAY))


BYS: tuple[By, ...] = ("day", "week", "month", "hour")
SUMS = ["spend", "covered", "uncounted", "drawn", "top_ups", "refunds", "adjustments"]
ANY = st.one_of(histories(least=2), diverging_histories())


@settings(max_examples=examples(40))
@given(ANY, st.data(), st.sampled_from(BYS), st.sampled_from(ZONES))
def test_any_window_reconciles_to_the_unit_and_its_periods_add_up(
    history: SnapshotArrays, data: st.DataObject, by: By, zone: str
) -> None:
    since, until, as_of = data.draw(windows(history))
    kept = build.build_ledger(history)
    whole = window(kept, since, until, as_of)
    edges = calendar.edges(since, until, by, zoneinfo.ZoneInfo(zone))
    found = totals(kept, edges, as_of)
    assert (found["spend"].dropna() >= 0).all()
    assert found["coverage"].between(0, 1).all()
    if pd.isna(whole["spend"]):
        return
    gained = whole[["opening", "top_ups", "refunds", "adjustments", "covered", "in_flight"]].sum()
    assert gained - whole["spend"] - whole["uncounted"] == whole["closing"]
    assert whole["drawn"] == whole["spend"] - whole["covered"] + whole["uncounted"]
    assert (found[SUMS].sum() == whole[SUMS]).all()


@settings(max_examples=examples(40))
@given(ANY, st.data())
def test_neighbouring_windows_add_up_to_the_window_they_make(
    history: SnapshotArrays, data: st.DataObject
) -> None:
    since, until, as_of = data.draw(windows(history))
    middle = data.draw(st.integers(since, until))
    kept = build.build_ledger(history)
    cuts = [(since, until), (since, middle), (middle, until)]
    whole, *halves = (window(kept, *cut, as_of) for cut in cuts if cut[0] < cut[1])
    if len(halves) == 2:
        first, second = (half[SUMS].fillna(0) for half in halves)
        assert (first + second).tolist() == whole[SUMS].fillna(0).tolist()


@settings(max_examples=examples(40))
@given(ANY, st.integers(1, 30))
def test_hours_add_up_to_their_days(history: SnapshotArrays, days: int) -> None:
    kept = build.build_ledger(history)
    start = int(history.times[0])
    hourly = start + np.arange(24 * days + 1, dtype=np.int64) * HOUR
    hours = totals(kept, hourly, as_of=int(hourly[-1]))["spend"].fillna(0)
    by_day = totals(kept, hourly[::24], as_of=int(hourly[-1]))["spend"].fillna(0)
    sums = [int(hours.iloc[24 * day : 24 * day + 24].sum()) for day in range(days)]
    assert sums == plain(by_day)
