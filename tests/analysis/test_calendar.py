import datetime as dt
import zoneinfo
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from usage_tracker.analysis import calendar
from usage_tracker.analysis.calendar import EVERY, By
from usage_tracker.times import DAY, HOUR, MINUTE, from_ms, parse_moment

TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
SAO_PAULO = zoneinfo.ZoneInfo("America/Sao_Paulo")


def edges(since: str, until: str, by: By, tz: zoneinfo.ZoneInfo) -> list[str]:
    cut = calendar.edges(parse_moment(since, 0, tz), parse_moment(until, 0, tz), by, tz)
    return [from_ms(int(edge)).astimezone(tz).strftime("%Y-%m-%d %H:%M") for edge in cut]


def hours(since: str, until: str, tz: zoneinfo.ZoneInfo) -> list[float]:
    cut = calendar.edges(parse_moment(since, 0, tz), parse_moment(until, 0, tz), "day", tz)
    return [length / HOUR for length in np.diff(cut).tolist()]


def lengths(since: str, until: str, tz: zoneinfo.ZoneInfo) -> list[float]:
    """How many minutes the hours have."""
    cut = calendar.edges(parse_moment(since, 0, tz), parse_moment(until, 0, tz), "hour", tz)
    return [length / MINUTE for length in np.diff(cut).tolist()]


def test_what_is_no_period_is_refused_with_those_there_are() -> None:
    with pytest.raises(calendar.UnknownPeriodError, match="'decade' is no period: use hour, d"):
        calendar.edges(0, DAY, "decade", TAIPEI)  # type: ignore[arg-type]


def test_days_begin_at_local_midnight_and_the_ends_are_cut() -> None:
    assert edges("2026-11-20T13:15", "2026-11-22T08:00", "day", TAIPEI) == [
        "2026-11-20 13:15",
        "2026-11-21 00:00",
        "2026-11-22 00:00",
        "2026-11-22 08:00",
    ]


def test_a_window_of_whole_days_has_no_empty_period() -> None:
    assert len(edges("20261120", "20261122", "day", TAIPEI)) == 3


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert edges("2026-11-18", "2026-12-02", "week", TAIPEI)[1:-1] == [
        "2026-11-23 00:00",
        "2026-11-30 00:00",
    ]
    assert edges("2026-11-18", "2026-12-02", "month", TAIPEI)[1:-1] == ["2026-12-01 00:00"]


def test_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    assert hours("2026-03-28", "2026-03-31", BERLIN) == [24, 23, 24]
    assert hours("2026-10-24", "2026-10-27", BERLIN) == [24, 25, 24]


def test_a_midnight_that_clocks_skip_does_not_exist() -> None:
    assert edges("2018-11-03", "2018-11-06", "day", SAO_PAULO)[1] == "2018-11-04 01:00"
    assert hours("2018-11-03", "2018-11-06", SAO_PAULO) == [24, 23, 24]


def test_a_date_that_the_zone_skips_is_no_period() -> None:
    apia = zoneinfo.ZoneInfo("Pacific/Apia")
    assert hours("2011-12-28", "2012-01-02", apia) == [24, 24, 24, 24]


def test_a_midnight_that_comes_twice_counts_the_first_time() -> None:
    havana = zoneinfo.ZoneInfo("America/Havana")
    assert hours("2026-10-31", "2026-11-03", havana) == [24, 25, 24]


def test_hours_begin_on_the_local_hour() -> None:
    kathmandu = zoneinfo.ZoneInfo("Asia/Kathmandu")
    assert edges("2026-11-18T10:20", "2026-11-18T12:00", "hour", kathmandu) == [
        "2026-11-18 10:20",
        "2026-11-18 11:00",
        "2026-11-18 12:00",
    ]


def test_where_clocks_change_by_half_an_hour_an_hour_is_shorter_or_longer() -> None:
    lord_howe = zoneinfo.ZoneInfo("Australia/Lord_Howe")
    assert edges("2026-04-05T00:00", "2026-04-05T04:00", "hour", lord_howe) == [
        f"2026-04-05 {hour:02}:00" for hour in range(5)
    ]
    assert lengths("2026-04-05T00:00", "2026-04-05T04:00", lord_howe) == [60, 90, 60, 60]
    assert edges("2026-10-04T01:00", "2026-10-04T04:00", "hour", lord_howe) == [
        f"2026-10-04 {time}" for time in ("01:00", "02:30", "03:00", "04:00")
    ]
    assert lengths("2026-10-04T01:00", "2026-10-04T04:00", lord_howe) == [60, 30, 60]


def test_an_hour_that_clocks_repeat_is_two_and_one_that_they_skip_is_none() -> None:
    assert lengths("2026-10-25T01:00", "2026-10-25T04:00", BERLIN) == [60] * 4
    assert lengths("2026-03-29T01:00", "2026-03-29T04:00", BERLIN) == [60] * 2


@settings(max_examples=examples(25))
@given(
    since=st.integers(0, 2_200_000_000_000),
    zone=st.sampled_from(sorted(zoneinfo.available_timezones())),
)
def test_every_hour_is_one_of_the_wall_clock_s(since: int, zone: str) -> None:
    def clock(moment: int) -> dt.datetime:
        return from_ms(moment).astimezone(tz).replace(tzinfo=None)

    tz = zoneinfo.ZoneInfo(zone)
    cut = calendar.edges(since, since + 200 * DAY, "hour", tz).tolist()
    for start, end in pairwise(cut):
        assert full_hour(clock(start)) == full_hour(clock(end - 1))
        assert end - start < 2 * HOUR
    for edge in cut[1:-1]:
        struck, before = full_hour(clock(edge)), full_hour(clock(edge - 1))
        assert clock(edge) == struck or before != struck
    assert set(calendar.edges(since, since + 200 * DAY, "day", tz).tolist()) <= set(cut)


def full_hour(clock: dt.datetime) -> dt.datetime:
    return clock.replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("by", EVERY)
@given(
    since=st.integers(0, 4_000_000_000_000),
    length=st.integers(1, 200 * DAY),
    zone=st.sampled_from(sorted(zoneinfo.available_timezones())),
)
def test_edges_ascend_from_since_to_until(by: By, since: int, length: int, zone: str) -> None:
    cut = calendar.edges(since, since + length, by, zoneinfo.ZoneInfo(zone))
    assert (cut[0], cut[-1]) == (since, since + length)
    assert (np.diff(cut) > 0).all()


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(sorted(zoneinfo.available_timezones())))
def test_every_day_begins_where_its_date_does(since: int, zone: str) -> None:
    tz = zoneinfo.ZoneInfo(zone)
    for edge in calendar.edges(since, since + 10 * DAY, "day", tz)[1:-1]:
        here, before = (from_ms(int(edge) - ms).astimezone(tz) for ms in (0, 1))
        assert here.date() > before.date()
        assert here.time() == dt.time() or here.utcoffset() != before.utcoffset()


def test_quarters_and_years_begin_with_their_first_month() -> None:
    assert edges("2025-11-18", "2026-05-02", "quarter", TAIPEI)[1:-1] == [
        "2026-01-01 00:00",
        "2026-04-01 00:00",
    ]
    assert edges("2024-11-18", "2026-05-02", "year", TAIPEI)[1:-1] == [
        "2025-01-01 00:00",
        "2026-01-01 00:00",
    ]


@settings(max_examples=examples(40), deadline=None)
@given(
    st.integers(0, 4_000_000_000_000),
    st.sampled_from(EVERY),
    st.sampled_from([TAIPEI, BERLIN, SAO_PAULO, zoneinfo.ZoneInfo("Pacific/Apia")]),
)
def test_a_moment_s_period_begins_at_its_last_edge(
    moment: int, by: By, tz: zoneinfo.ZoneInfo
) -> None:
    start = calendar.start_of(moment, by, tz)
    assert start <= moment
    assert calendar.start_of(start, by, tz) == start
    assert calendar.edges(start, moment + 1, by, tz).tolist() == [start, moment + 1]
