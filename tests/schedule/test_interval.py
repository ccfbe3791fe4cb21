import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.schedule.interval import POSSIBLE, WEEK, Interval, UnevenIntervalError
from usage_tracker.times import DAY, HOUR, MINUTE


@pytest.mark.parametrize(
    ("text", "minute", "fields", "calendar"),
    [
        ("1m", 7, "* * * * *", "*-*-* *:00/1:00"),
        ("10m", 0, "*/10 * * * *", "*-*-* *:00/10:00"),
        ("10m", 47, "7-59/10 * * * *", "*-*-* *:00/10:00"),
        ("600s", 47, "7-59/10 * * * *", "*-*-* *:00/10:00"),
        ("60m", 47, "47 * * * *", "*-*-* 00/1:00:00"),
        ("6h", 47, "47 */6 * * *", "*-*-* 00/6:00:00"),
        ("1d", 47, "47 0 * * *", "*-*-* 00:00:00"),
        ("7d", 47, "47 0 * * 1", "Mon *-*-* 00:00:00"),
    ],
)
def test_an_interval_is_written_for_cron_and_for_systemd(
    text: str, minute: int, fields: str, calendar: str
) -> None:
    every = Interval.parse(text)
    assert (every.cron(minute), every.calendar()) == (fields, calendar)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("7m", "6m or 10m"), ("30s", "1m"), ("45m", "30m or 1h"), ("5h", "4h or 6h"), ("9w", "1w")],
)
def test_an_interval_that_cron_cannot_keep_is_refused_with_the_nearest_ones(
    text: str, nearest: str
) -> None:
    with pytest.raises(
        UnevenIntervalError, match=f"every {text}: the nearest possible is {nearest}"
    ):
        Interval.parse(text)


@given(st.sampled_from(POSSIBLE), st.integers(0, 59))
def test_a_week_of_the_line_has_the_promised_number_of_runs(ms: int, minute: int) -> None:
    minutes, hours, _, _, weekdays = Interval(ms).cron(minute).split()
    runs = len(_values(minutes, 60)) * len(_values(hours, 24)) * len(_values(weekdays, 7))
    assert runs * ms == WEEK


@given(st.sampled_from(POSSIBLE))
def test_an_interval_reads_back_what_it_writes(ms: int) -> None:
    assert Interval.parse(str(Interval(ms))) == Interval(ms)
    assert ms % MINUTE == 0
    assert any(span % ms == 0 for span in (HOUR, DAY, WEEK))


def _values(field: str, count: int) -> range:
    span, _, step = field.partition("/")
    first, _, last = span.partition("-")
    if first == "*":
        return range(0, count, int(step or 1))
    return range(int(first), int(last or first) + 1, int(step or 1))
