import pytest

from usage_tracker.monitoring.freshness import longest_age
from usage_tracker.times import DAY, HOUR, MINUTE


def newest_first(every: int, count: int) -> list[int]:
    return [DAY - i * every for i in range(count)]


@pytest.mark.parametrize(
    ("every", "longest"), [(MINUTE, HOUR), (10 * MINUTE, HOUR), (HOUR, 3 * HOUR), (DAY, 3 * DAY)]
)
def test_three_usual_intervals_and_an_hour_at_least(every: int, longest: int) -> None:
    assert longest_age(newest_first(every, 20), None) == longest


def test_a_night_without_snapshots_is_nothing_usual() -> None:
    laptop = [*newest_first(10 * MINUTE, 50), *(-9 * HOUR - i * 10 * MINUTE for i in range(50))]
    assert longest_age(laptop, None) == HOUR


def test_what_is_set_holds() -> None:
    assert longest_age(newest_first(10 * MINUTE, 20), MINUTE) == MINUTE
    assert longest_age([], MINUTE) == MINUTE


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_first_snapshots_show_no_habit_yet(count: int) -> None:
    assert longest_age(newest_first(10 * MINUTE, count), None) == DAY
