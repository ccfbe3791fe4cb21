import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker import times
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND, gap_limit

TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")
NOW = times.to_ms(dt.datetime(2026, 11, 23, 13, 15, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-23T13:15:00.000Z"),
        ("today", "2026-11-22T16:00:00.000Z"),
        ("Yesterday", "2026-11-21T16:00:00.000Z"),
        ("7d", "2026-11-16T13:15:00.000Z"),
        ("90 s", "2026-11-23T13:13:30.000Z"),
        ("20261101", "2026-10-31T16:00:00.000Z"),
        ("2026-11-01", "2026-10-31T16:00:00.000Z"),
        ("2026-11-01T08:00", "2026-11-01T00:00:00.000Z"),
        ("2026-11-01T08:00:00.123+02:00", "2026-11-01T06:00:00.123Z"),
        (" 2026-11-01T08:00Z ", "2026-11-01T08:00:00.000Z"),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, expected: str) -> None:
    assert times.iso(times.parse_moment(text, NOW, TAIPEI)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026/11/03", "2026-11-02T16:00:00.000Z"),
        ("2026/1/3", "2026-01-02T16:00:00.000Z"),
        ("2026/11/03 14:05", "2026-11-03T06:05:00.000Z"),
    ],
)
def test_a_date_may_have_slashes(text: str, expected: str) -> None:
    assert times.iso(times.parse_moment(text, NOW, TAIPEI)) == expected


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-05-31T04:00:00", "3mo", "2026-02-28T04:00:00.000Z"),
        ("2026-01-15T04:00:00", "1MO", "2025-12-15T04:00:00.000Z"),
        ("2026-11-23T04:00:00", "12 mo", "2025-11-23T04:00:00.000Z"),
    ],
)
def test_months_are_those_of_the_calendar(now: str, text: str, expected: str) -> None:
    moment = times.to_ms(dt.datetime.fromisoformat(f"{now}+00:00"))
    assert times.iso(times.parse_moment(text, moment, TAIPEI)) == expected


@pytest.mark.parametrize("text", ["2m", "1M", "30 m"])
def test_minutes_and_months_are_not_confused(text: str) -> None:
    with pytest.raises(times.AmbiguousTimeError, match="may be minutes or months"):
        times.parse_moment(text, NOW, TAIPEI)
    assert times.parse_moment("2min", NOW, TAIPEI) == NOW - 2 * times.MINUTE


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-12-31", "2026-12-31T16:00:00.000Z"),
        ("20261231", "2026-12-31T16:00:00.000Z"),
        ("2026/12/31", "2026-12-31T16:00:00.000Z"),
        ("2026-12-31T00:00", None),
        ("30d", None),
        ("tomorrow", None),
    ],
)
def test_a_date_alone_has_an_end(text: str, end: str | None) -> None:
    found = times.end_of_date(text, TAIPEI)
    assert (None if found is None else times.iso(found)) == end


def test_a_duration_counts_forward_where_what_is_asked_for_lies_ahead() -> None:
    assert times.parse_moment("7d", NOW, TAIPEI, ahead=True) == NOW + 7 * times.DAY
    assert times.parse_moment("20261101", NOW, TAIPEI, ahead=True) < NOW


@pytest.mark.parametrize("text", ["", "soon", "20261301", "99999999d", "-1d", "1e9"])
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(times.UnreadableTimeError, match="use ISO 8601"):
        times.parse_moment(text, NOW, TAIPEI)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("90s", 90 * SECOND),
        ("10m", 10 * MINUTE),
        ("6h", 6 * HOUR),
        ("7d", 7 * DAY),
        ("4W", 28 * DAY),
    ],
)
def test_durations(text: str, ms: int) -> None:
    assert times.parse_duration(text) == ms


@pytest.mark.parametrize("text", ["", "10", "m", "1M", "3mo", "1.5h", "-1d", "1h30m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(times.UnreadableDurationError):
        times.parse_duration(text)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "x" * 5000])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(times.UnknownZoneError):
        times.parse_zone(name)


@given(st.integers(0, times.LAST_MOMENT))
def test_iso_text_and_datetimes_give_the_millisecond_back(ms: int) -> None:
    assert times.to_ms(times.from_ms(ms)) == ms
    assert times.parse_moment(times.iso(ms), 0, dt.UTC) == ms


@pytest.mark.parametrize(
    ("name", "day", "start"),
    [
        ("America/Sao_Paulo", "20181104", "2018-11-04T01:00:00-02:00"),
        ("Africa/Cairo", "20240426", "2024-04-26T01:00:00+03:00"),
        ("Asia/Beirut", "20240331", "2024-03-31T01:00:00+03:00"),
    ],
)
def test_a_day_whose_midnight_the_clocks_skip_begins_at_one(
    name: str, day: str, start: str
) -> None:
    zone = times.parse_zone(name)
    assert times.midnight(dt.date.fromisoformat(day), zone).isoformat() == start
    assert times.to_local(times.parse_moment(day, NOW, zone), zone).isoformat() == start


@given(
    st.dates(dt.date(1970, 1, 2), dt.date(2100, 1, 1)),
    st.sampled_from(sorted(zoneinfo.available_timezones())),
)
def test_a_day_begins_at_its_first_instant(date: dt.date, name: str) -> None:
    start = times.midnight(date, zoneinfo.ZoneInfo(name))
    before = (start.astimezone(dt.UTC) - dt.timedelta(milliseconds=1)).astimezone(start.tzinfo)
    assert start.date() >= date > before.date()


@given(st.timedeltas(-dt.timedelta(hours=23, minutes=59), dt.timedelta(hours=23, minutes=59)))
def test_a_fixed_offset_is_found_by_its_name(offset: dt.timedelta) -> None:
    zone = dt.timezone(offset, "whatever it is called")
    assert times.parse_zone(times.zone_name(zone)).utcoffset(None) == offset


def test_a_zone_is_named_as_it_is_asked_for() -> None:
    for name in ("Asia/Taipei", "Etc/GMT-8", "UTC", "+08:00", "-03:30"):
        assert times.zone_name(times.parse_zone(name)) == name
    assert times.zone_name(dt.UTC) == "UTC"


@pytest.mark.parametrize(
    ("before", "longest"),
    [
        ([30 * MINUTE, HOUR], 135 * MINUTE),
        ([2 * HOUR, HOUR, 30 * MINUTE, 9 * HOUR], 270 * MINUTE),
        ([HOUR, 2 * HOUR, 9 * HOUR], 6 * HOUR),
        ([MINUTE, MINUTE], HOUR),
    ],
)
def test_the_longest_trusted_interval_is_three_medians_and_an_hour_at_least(
    before: list[int], longest: int
) -> None:
    assert gap_limit(before) == longest
