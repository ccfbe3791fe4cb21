from dataclasses import replace

from tests.render import sample
from usage_tracker.render.chart_data.week import highest, strength, week
from usage_tracker.reporting.model import AccountReport

UNKNOWN = ((None,) * 24,) * 7


def account(*days: tuple[float | None, ...]) -> AccountReport:
    return replace(sample.lived_in().accounts[0], heat=days)


def test_hours_are_told_in_dollars_and_unknown_stays_unknown() -> None:
    monday = (500_000.0, None, *(0.0,) * 22)
    hours = week(account(monday, *UNKNOWN[1:]))
    assert hours[0][:3] == (1.0, None, 0.0)
    assert highest(hours) == 1.0


def test_a_week_of_which_no_hour_is_known_is_none() -> None:
    assert week(account(*UNKNOWN)) == week(account()) == ()


def test_colours_grow_with_spend_and_a_burst_leaves_the_rest_visible() -> None:
    steps = [strength(usd, 100.0) for usd in (0, 1, 25, 100)]
    assert steps == [0.0, 0.1, 0.5, 1.0]
    assert strength(0.0, 0.0) == 0.0
