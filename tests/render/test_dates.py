import datetime as dt
import zoneinfo

import pytest

from usage_tracker.render.dates import Calendar

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def in_zone(name: str) -> Calendar:
    return Calendar(zoneinfo.ZoneInfo(name), NOW)


def utc(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=dt.UTC)


def test_a_moment_is_written_in_the_reports_zone() -> None:
    assert in_zone("Asia/Taipei").minute(utc(11, 3, 17, 5)) == "Wed 4 Nov 01:05"


def test_the_hour_that_clocks_repeat_has_two_names() -> None:
    berlin = in_zone("Europe/Berlin")
    hours = [utc(10, 24, 23), utc(10, 25, 0), utc(10, 25, 1), utc(10, 25, 2)]
    assert [berlin.period(hour, "hour") for hour in hours] == [
        "Sun 25 Oct 01:00",
        "Sun 25 Oct 02:00 UTC+2",
        "Sun 25 Oct 02:00 UTC+1",
        "Sun 25 Oct 03:00",
    ]
    assert berlin.minute(utc(10, 25, 1, 30)) == "Sun 25 Oct 02:30 UTC+1"
    assert berlin.period(utc(10, 25, 1), "day") == "Sun 25 Oct"


def test_the_hour_that_clocks_skip_needs_no_second_name() -> None:
    berlin = in_zone("Europe/Berlin")
    assert berlin.minute(utc(3, 29, 1)) == "Sun 29 Mar 03:00"
    assert berlin.period(utc(3, 29, 0), "hour") == "Sun 29 Mar 01:00"


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("America/New_York", utc(11, 1, 5, 15), "Sun 1 Nov 01:15 UTC-4"),
        ("America/New_York", utc(11, 1, 6, 15), "Sun 1 Nov 01:15 UTC-5"),
        ("America/St_Johns", utc(11, 1, 4), "Sun 1 Nov 01:30 UTC-2:30"),
        ("Europe/Lisbon", utc(10, 25, 1), "Sun 25 Oct 01:00 UTC+0"),
    ],
)
def test_a_time_that_comes_twice_has_its_utc_offset(
    zone: str, moment: dt.datetime, shown: str
) -> None:
    assert in_zone(zone).minute(moment) == shown


def test_an_hour_of_which_a_half_comes_twice_has_two_names() -> None:
    lord_howe = in_zone("Australia/Lord_Howe")
    hours = [utc(4, 4, 14), utc(4, 4, 15)]
    assert [lord_howe.period(hour, "hour") for hour in hours] == [
        "Sun 5 Apr 01:00 UTC+11",
        "Sun 5 Apr 01:00 UTC+10:30",
    ]


def test_an_hour_of_which_a_half_is_skipped_is_whole_and_has_one_name() -> None:
    lord_howe = in_zone("Australia/Lord_Howe")
    one, half, three = utc(10, 3, 14, 30), utc(10, 3, 15, 30), utc(10, 3, 16)
    assert [lord_howe.period(hour, "hour") for hour in (one, half, three)] == [
        "Sun 4 Oct 01:00",
        "Sun 4 Oct 02:00",
        "Sun 4 Oct 03:00",
    ]
    assert all(lord_howe.is_edge(hour, "hour") for hour in (one, half, three))
    assert not lord_howe.is_edge(one + dt.timedelta(minutes=30), "hour")


def test_periods_in_a_row_have_a_year_all_or_none() -> None:
    calendar = in_zone("UTC")
    turn = [dt.datetime(2025, 12, 31, tzinfo=dt.UTC), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    assert calendar.periods(turn, "day") == ["Wed 31 Dec 2025", "Thu 1 Jan 2026"]
    assert calendar.periods(turn[1:], "day") == ["Thu 1 Jan"]
    assert calendar.periods([], "day") == []


def test_quarters_and_years_have_names_and_edges() -> None:
    utc_days = in_zone("UTC")
    spring, may, newyear = utc(4, 1, 0), utc(5, 1, 0), utc(1, 1, 0)
    assert [utc_days.period(at, "quarter") for at in (spring, newyear)] == ["Q2 2026", "Q1 2026"]
    assert utc_days.period(may, "year") == "2026"
    assert [utc_days.is_edge(at, "quarter") for at in (spring, may, newyear)] == [True, False, True]
    assert [utc_days.is_edge(at, "year") for at in (spring, may, newyear)] == [False, False, True]
