import zoneinfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forecast.samples import START, histories, readings, shifted, steady
from usage_tracker.analysis import calendar, statement
from usage_tracker.analysis.calendar import By
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import UNKNOWN, Readings
from usage_tracker.ledger.build import Ledger
from usage_tracker.times import DAY, HOUR, MINUTE

ZONES = ("UTC", "Asia/Taipei", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo")
DOLLAR = 500_000


def book(rows: list[tuple[int, int, int]]) -> Ledger:
    return build.keep(readings(rows))


def at(*hours: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return START + np.array([round(hour * HOUR) for hour in hours], dtype=np.int64)


def test_spend_across_a_boundary_is_apportioned_evenly() -> None:
    hourly = book(steady(4, every=HOUR, per_hour=60_000))
    parts = statement.parts(hourly, at(0, 1.25, 4), as_of=START + 4 * HOUR)
    assert [part.spend for part in parts] == [75_000, 165_000]


def test_the_balance_at_a_boundary_is_the_last_one_seen() -> None:
    hourly = book(steady(4, every=HOUR, quota=1_000_000, per_hour=60_000))
    parts = statement.parts(hourly, at(0, 1.25, 4), as_of=START + 4 * HOUR)
    assert [part.closing for part in parts] == [940_000, 760_000]


def test_a_window_opens_with_the_last_snapshot_before_it() -> None:
    whole = statement.window(book(steady(4)), START + 65 * MINUTE, START + 2 * HOUR, START + DAY)
    assert whole.opening == 50_000_000 - 60_000
    assert whole.spend == 60_000


def test_a_window_older_than_the_history_opens_with_its_first_snapshot() -> None:
    whole = statement.window(book(steady(4)), START - DAY, START + 2 * HOUR, START + DAY)
    assert (whole.opening, whole.spend) == (50_000_000, 120_000)


def test_before_and_after_the_history_nothing_is_known() -> None:
    before, _, after = statement.parts(book(steady(4)), at(-2, -1, 5, 6), as_of=START + 6 * HOUR)
    assert (before.spend, before.closing, before.coverage) == (None, None, 0.0)
    assert (after.spend, after.coverage) == (None, 0.0)
    assert after.closing == 50_000_000 - 4 * 60_000


def test_after_the_last_snapshot_of_a_window_nothing_is_known_whatever_came_later() -> None:
    silent = [row for row in steady(48, every=HOUR) if not 10 * HOUR < row[0] < 40 * HOUR]
    in_part, after = statement.parts(book(silent), at(8, 12, 14), as_of=START + 48 * HOUR)
    assert (in_part.spend, in_part.estimated) == (120_000, True)
    assert (after.spend, after.coverage, after.estimated) == (None, 0.0, False)


def test_no_snapshots_no_figures() -> None:
    none = np.empty(0, np.int64)
    part = statement.window(build.keep(Readings(none, none, none)), START, START + 1, START + 1)
    assert part == statement.Part(START, START + 1)
    assert part.in_flight is None


def test_a_lone_snapshot_reconciles_with_itself() -> None:
    whole = statement.window(book(steady(0)), START - DAY, START + HOUR, START + HOUR)
    assert (whole.opening, whole.spend, whole.in_flight, whole.closing) == (
        50_000_000,
        0,
        0,
        50_000_000,
    )


def test_a_gap_across_a_boundary_makes_both_sides_estimated_and_uncovered() -> None:
    rows = [row for row in steady(48) if not 20 * HOUR < row[0] < 28 * HOUR]
    first, second = statement.parts(book(rows), at(0, 24, 48), as_of=START + 2 * DAY)
    assert (first.estimated, second.estimated) == (True, True)
    assert first.coverage == pytest.approx(20 / 24)
    assert (first.spend, second.spend) == (24 * 60_000, 24 * 60_000)


def test_a_window_inside_an_outage_is_not_known() -> None:
    rows = [row for row in steady(48) if not 20 * HOUR < row[0] < 28 * HOUR]
    parts = statement.parts(book(rows), at(21, 22, 23), as_of=START + 2 * DAY)
    assert [(part.spend, part.requests, part.coverage) for part in parts] == [(None, None, 0)] * 2
    whole = statement.window(book(rows), START + 21 * HOUR, START + 23 * HOUR, START + 2 * DAY)
    assert (whole.spend, whole.in_flight) == (None, None)


def test_the_day_before_is_no_estimate_because_today_is_young() -> None:
    edges = at(0, 24, 24.05)
    parts = statement.parts(book(steady(24.2)), edges, as_of=int(edges[-1]))
    assert [part.estimated for part in parts] == [False, False]


def test_a_gap_inside_a_period_leaves_its_spend_exact() -> None:
    rows = [row for row in steady(48) if not 5 * HOUR < row[0] < 10 * HOUR]
    first, _ = statement.parts(book(rows), at(0, 24, 48), as_of=START + 2 * DAY)
    assert (first.estimated, first.spend) == (False, 24 * 60_000)
    assert first.coverage == pytest.approx(19 / 24)


def test_an_interval_longer_than_the_period_is_an_estimate() -> None:
    daily = book(steady(96, every=DAY))
    edges = START + np.arange(43, 49, dtype=np.int64) * HOUR
    parts = statement.parts(daily, edges, as_of=START + 4 * DAY)
    assert all(part.estimated and part.coverage == 0 for part in parts)


def test_the_period_of_a_reset_is_an_estimate() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48)]
    rows = shifted(rows, 30, used=-90 * DOLLAR - 30 * 60_000)
    first, second = statement.parts(book(rows), at(0, 24, 48), as_of=START + 2 * DAY)
    assert (first.estimated, second.estimated) == (False, True)


def test_a_period_still_running_is_covered_up_to_now() -> None:
    [part] = statement.parts(book(steady(6)), at(0, 24), as_of=START + 6 * HOUR)
    assert part.coverage == 1.0


def test_a_pace_is_told_only_of_a_window_that_is_half_known() -> None:
    history = book(steady(10))
    assert statement.pace(history, START + 10 * HOUR, 20 * HOUR).per_day == 24 * 60_000
    assert statement.pace(history, START + 10 * HOUR, 21 * HOUR).per_day is None


def test_a_pace_counts_known_spend_over_known_time() -> None:
    rows = shifted(steady(24), 10, quota=-DOLLAR, used=DOLLAR)
    rows = [row for row in rows if not 9 * HOUR < row[0] < 11 * HOUR]
    pace = statement.pace(book(rows), START + DAY, DAY)
    assert pace.spend == 24 * 60_000 + DOLLAR
    assert pace.per_day == pytest.approx(24 * 60_000)


def test_requests_are_told_only_where_both_ends_are_known() -> None:
    rows = readings(steady(4, every=HOUR))
    counted = Readings(rows.times, rows.quota, rows.used, np.array([5, 7, UNKNOWN, 9, 4]))
    parts = statement.parts(build.keep(counted), at(0, 1, 2, 3, 4), as_of=START + 4 * HOUR)
    assert [part.requests for part in parts] == [2, None, None, None]


@st.composite
def windows(draw: st.DrawFn, history: Readings) -> tuple[int, int, int]:
    moments = st.integers(int(history.times[0]) - 3 * DAY, int(history.times[-1]) + 3 * DAY)
    since = draw(moments)
    until = since + draw(st.integers(1, 40 * DAY))
    return since, until, max(until, int(history.times[-1])) + draw(st.integers(0, DAY))


BYS: tuple[By, ...] = ("day", "week", "month", "hour")


@given(histories(least=1), st.data(), st.sampled_from(BYS), st.sampled_from(ZONES))
def test_any_window_reconciles_to_the_unit_and_its_periods_add_up(
    history: Readings, data: st.DataObject, by: By, zone: str
) -> None:
    since, until, as_of = data.draw(windows(history))
    kept = build.keep(history)
    whole = statement.window(kept, since, until, as_of)
    edges = calendar.edges(since, until, by, zoneinfo.ZoneInfo(zone))
    parts = statement.parts(kept, edges, as_of)
    assert all(part.spend is None or part.spend >= 0 for part in parts)
    assert all(0 <= part.coverage <= 1 for part in parts)
    if whole.spend is None:
        return
    credits_ = [whole.top_ups, whole.refunds, whole.adjustments, whole.in_flight, whole.opening]
    assert sum(c for c in credits_ if c is not None) - whole.spend == whole.closing
    for name in ("spend", "top_ups", "refunds", "adjustments"):
        assert sum(getattr(part, name) or 0 for part in parts) == getattr(whole, name)


@given(histories(least=2), st.data())
def test_neighbouring_windows_add_up_to_the_window_they_make(
    history: Readings, data: st.DataObject
) -> None:
    since, until, as_of = data.draw(windows(history))
    middle = data.draw(st.integers(since, until))
    kept = build.keep(history)
    cuts = [(since, until), (since, middle), (middle, until)]
    whole, *halves = (statement.window(kept, *cut, as_of) for cut in cuts if cut[0] < cut[1])
    if len(halves) == 2:
        for name in ("spend", "top_ups", "refunds", "adjustments"):
            assert sum(getattr(h, name) or 0 for h in halves) == (getattr(whole, name) or 0)


@given(histories(least=2), st.integers(1, 30))
def test_hours_add_up_to_their_days(history: Readings, days: int) -> None:
    kept = build.keep(history)
    start = int(history.times[0])
    hourly = start + np.arange(24 * days + 1, dtype=np.int64) * HOUR
    hours = statement.parts(kept, hourly, as_of=int(hourly[-1]))
    by_day = statement.parts(kept, hourly[::24], as_of=int(hourly[-1]))
    sums = [sum(p.spend or 0 for p in day) for day in zip(*[iter(hours)] * 24, strict=True)]
    assert sums == [part.spend or 0 for part in by_day]


def test_of_two_untrusted_intervals_that_overlap_the_longer_counts() -> None:
    """A remembered gap overlaps other intervals if a snapshot from inside it arrives late."""
    rows = [row for row in steady(72) if not 30 * HOUR < row[0] < 39 * HOUR]
    late = (33 * HOUR, 50_000_000 - 33 * 60_000, 33 * 60_000)
    known = build.account_for(readings(sorted([*rows, late])), book(rows).events)
    parts = statement.parts(known, at(25, 30, 35, 40), as_of=START + 72 * HOUR)
    assert [part.coverage for part in parts] == [1.0, 0.0, 0.2]
