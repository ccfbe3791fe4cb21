import datetime as dt
import itertools
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.analysis.calendar import EVERY
from usage_tracker.render.chart_data.scales import (
    Tick,
    apart,
    dollar_ticks,
    period_ticks,
    time_ticks,
)
from usage_tracker.render.dates import Calendar

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
CALENDAR = Calendar(NEW_YORK, dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))


def moment(*parts: int) -> float:
    return dt.datetime(*parts, tzinfo=NEW_YORK).timestamp()  # type: ignore[arg-type,misc]


def labels(start: float, end: float, most: int = 8) -> list[str]:
    return [tick.label for tick in time_ticks(start, end, CALENDAR, most)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 320, ["$0", "$100", "$200", "$300"]),
        (0, 0.9, ["$0", "$0.20", "$0.40", "$0.60", "$0.80"]),
        (0, 0.0031, ["$0", "$0.001", "$0.002", "$0.003"]),
        (-161, 120, ["-$100", "$0", "$100"]),
        (0, 2_100_000, ["$0", "$0.5M", "$1.0M", "$1.5M", "$2.0M"]),
        (0, 0, ["$0"]),
        (0, 41_000, ["$0", "$10k", "$20k", "$30k", "$40k"]),
        (0, 4_100, ["$0", "$1,000", "$2,000", "$3,000", "$4,000"]),
    ],
)
def test_dollars_are_round_and_in_the_unit_that_suits_them(
    low: float, high: float, expected: list[str]
) -> None:
    assert [tick.label for tick in dollar_ticks(low, high)] == expected


@given(st.floats(-1e15, 0), st.floats(1e-6, 1e15), st.integers(2, 8))
def test_dollar_ticks_stay_inside_have_zero_and_are_few(low: float, high: float, most: int) -> None:
    ticks = dollar_ticks(low, high, most)
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick.at <= high + slack for tick in ticks)
    assert any(tick.at == 0 and tick.label == "$0" for tick in ticks)
    assert len(ticks) <= most + 2
    assert len({tick.label for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((2026, 11, 20, 22), (2026, 11, 21, 2), ["22:00", "23:00", "21 Nov", "01:00", "02:00"]),
        ((2026, 11, 20, 1), (2026, 11, 22), ["12:00", "21 Nov", "12:00", "22 Nov"]),
        ((2026, 11, 10), (2026, 11, 14), ["10 Nov", "11 Nov", "12 Nov", "13 Nov", "14 Nov"]),
        ((2026, 10, 24), (2026, 11, 23), ["26 Oct", "2 Nov", "9 Nov", "16 Nov", "23 Nov"]),
        ((2025, 11, 20), (2026, 4, 2), ["Dec", "Jan 2026", "Feb", "Mar", "Apr"]),
        ((2021, 3, 1), (2026, 4, 2), ["2022", "2023", "2024", "2025", "2026"]),
    ],
)  # fmt: skip
def test_moments_are_round_in_the_readers_calendar(
    start: tuple[int, ...], end: tuple[int, ...], expected: list[str]
) -> None:
    assert labels(moment(*start), moment(*end), 6) == expected


def test_an_axis_is_not_left_with_one_label_alone() -> None:
    assert [tick.label for tick in dollar_ticks(0, 4_300, 2)] == ["$0", "$2,000", "$4,000"]
    assert labels(moment(2026, 11, 5), moment(2026, 12, 28), most=3) == ["9 Nov", "7 Dec"]


def test_days_begin_at_local_midnight_on_both_sides_of_a_change_of_clocks() -> None:
    ticks = time_ticks(moment(2026, 10, 30), moment(2026, 11, 4), CALENDAR)
    assert [b.at - a.at for a, b in itertools.pairwise(ticks)] == [
        86_400, 86_400, 90_000, 86_400, 86_400,
    ]  # fmt: skip


def test_the_hour_that_clocks_skip_is_labelled_once() -> None:
    assert labels(moment(2026, 3, 8, 0), moment(2026, 3, 8, 5)) == [
        "8 Mar", "01:00", "03:00", "04:00", "05:00",
    ]  # fmt: skip


def test_a_span_beyond_any_calendar_has_no_labels() -> None:
    assert labels(moment(1990, 1, 1), moment(2500, 1, 1), 3) == []


@given(st.integers(0, 4_000_000_000), st.integers(60, 40 * 365 * 86_400), st.integers(3, 10))
def test_moments_lie_within_are_few_and_follow_each_other(
    start: int, length: int, most: int
) -> None:
    ticks = time_ticks(start, start + length, CALENDAR, most)
    times = [tick.at for tick in ticks]
    assert len(ticks) <= most
    assert times == sorted(set(times))
    assert all(start <= at <= start + length for at in times)


def test_few_periods_are_all_named_many_by_round_moments() -> None:
    days = [moment(2026, 11, 1, 6), *(moment(2026, 11, day) for day in range(2, 31))]
    few, many = period_ticks(days[:3], "day", CALENDAR), period_ticks(days, "day", CALENDAR, 5)
    assert [(tick.at, tick.label) for tick in few] == [(0, "1 Nov"), (1, "2 Nov"), (2, "3 Nov")]
    assert [(t.at, t.label) for t in many][:2] == [(1, "2 Nov"), (8, "9 Nov")]


@pytest.mark.parametrize(("by", "label"), [("hour", "06:00"), ("week", "1 Nov"), ("month", "Nov")])
def test_a_period_is_named_as_its_kind_is(by: str, label: str) -> None:
    (tick,) = period_ticks([moment(2026, 11, 1, 6)], by, CALENDAR)  # type: ignore[arg-type]
    assert tick.label == label


@given(st.lists(st.integers(0, 2_000_000_000), min_size=1, unique=True), st.sampled_from(EVERY))
def test_every_label_names_a_period_that_is_there(starts: list[int], by: str) -> None:
    ordered = [float(start) for start in sorted(starts)]
    ticks = period_ticks(ordered, by, CALENDAR)  # type: ignore[arg-type]
    assert all(0 <= tick.at < len(starts) for tick in ticks)


def test_labels_that_would_touch_are_thinned_evenly() -> None:
    ticks = [Tick(at, "24 Nov") for at in range(7)]
    assert apart(ticks, 0.1) == ticks
    assert [tick.at for tick in apart(ticks, 0.25)] == [0, 2, 4, 6]
    assert apart(ticks, 5.0) == ticks[:1]
    assert apart([], 1.0) == []
