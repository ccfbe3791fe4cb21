import pytest

from usage_tracker import usual_interval
from usage_tracker.times import HOUR, MINUTE


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
    assert usual_interval.limit(before) == longest
