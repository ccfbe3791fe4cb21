import tracemalloc

import numpy as np
import pytest

from tests.forecast.histories import NOW, curve, days_ahead, steady
from usage_tracker.forecast import backtest, depletion
from usage_tracker.forecast.spend_distribution import InvalidProbabilityError
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, HOUR, MINUTE, from_ms


def test_a_balance_that_is_used_up_is_depleted_whatever_the_history() -> None:
    for spent in (curve([]), curve([5] * 3), curve(steady())):
        for balance in (0, -7):
            result = depletion.forecast(spent, balance=balance, as_of=NOW)
            assert result.state == "depleted"
            assert result.reason == "nothing is left"
            assert result.median is None
            assert {chance.p for chance in result.probability} == {1.0}


def test_without_a_snapshot_the_balance_is_unknown_and_not_used_up() -> None:
    result = depletion.forecast(curve([]).until(0), balance=0, as_of=NOW)
    assert (result.state, result.reason, result.probability) == (
        "insufficient_data",
        "no snapshot yet",
        (),
    )


def test_below_a_day_of_history_nothing_is_projected() -> None:
    result = depletion.forecast(curve(steady()[:15]), balance=5, as_of=NOW)
    assert result.state == "insufficient_data"
    assert result.reason == "needs 9 more hours of history"
    assert result.low is result.median is result.high is result.linear is None
    assert result.probability == ()


@pytest.mark.parametrize(
    ("length", "missing"),
    [(HOUR, "23 more hours"), (DAY - 61 * MINUTE, "61 more minutes"), (DAY - 1, "1 more minute")],
)
def test_what_is_missing_is_told_in_words(length: int, missing: str) -> None:
    spent = SpendCurve(np.array([NOW - length, NOW]), np.array([0, 5]))
    assert depletion.forecast(spent, balance=5, as_of=NOW).reason == f"needs {missing} of history"


def test_without_a_snapshot_nothing_is_projected() -> None:
    result = depletion.forecast(curve([1] * 50), balance=5, as_of=NOW - 100 * HOUR)
    assert (result.state, result.reason, result.origin) == (
        "insufficient_data",
        "no snapshot yet",
        None,
    )


def test_a_single_purchase_is_too_little_to_project_from_a_week_on() -> None:
    purchase = [0] * 100 + [9] + [0] * 67
    young = depletion.forecast(curve(purchase[1:]), balance=5, as_of=NOW)
    assert young.state == "projected"
    assert days_ahead(young.high) > 30 * days_ahead(young.low)
    result = depletion.forecast(curve(purchase), balance=5, as_of=NOW)
    assert result.state == "insufficient_data"
    assert result.reason == "needs spend in more than one hour of the history"


def test_spend_in_one_hour_is_too_little_however_often_it_was_looked_at() -> None:
    quiet, hour = [0] * 6 * 90, [0, 5, 5, 5, 5, 0]
    result = depletion.forecast(curve(quiet + hour + quiet, step=10 * MINUTE), balance=5, as_of=NOW)
    assert result.state == "insufficient_data"
    assert result.reason == "needs spend in more than one hour of the history"


def test_spend_on_both_sides_of_an_hour_s_edge_is_enough() -> None:
    quiet, hour = [0] * 6 * 90, [0, 0, 0, 0, 0, 5]
    spend = [*quiet, *hour, 5, *quiet[1:]]
    result = depletion.forecast(curve(spend, step=10 * MINUTE), balance=5, as_of=NOW)
    assert result.state != "insufficient_data"


def test_one_day_of_spend_in_daily_snapshots_is_too_little_and_two_are_enough() -> None:
    one = depletion.forecast(curve([0, 0, 0, 0, 9, 0, 0], step=DAY), balance=5, as_of=NOW)
    two = depletion.forecast(curve([0, 0, 0, 9, 9, 0, 0], step=DAY), balance=50, as_of=NOW)
    assert (one.state, two.state) == ("insufficient_data", "projected")


@pytest.mark.parametrize("step", [MINUTE, 7 * MINUTE, 50 * MINUTE, 5 * HOUR])
def test_snapshots_between_the_hours_change_nothing(step: int) -> None:
    spend = (
        steady(30)[: 30 * DAY // step] if step >= HOUR else np.resize(steady(30), 30 * DAY // step)
    )
    full = curve(spend, step=step)
    part = full.beside_hours(24 * 56)
    assert depletion.forecast(part, balance=9_000_000, as_of=NOW + HOUR) == depletion.forecast(
        full, balance=9_000_000, as_of=NOW + HOUR
    )
    assert depletion.fan(part, balance=9_000_000, as_of=NOW) == depletion.fan(
        full, balance=9_000_000, as_of=NOW
    )
    assert backtest.run(part, as_of=NOW) == backtest.run(full, as_of=NOW)


def test_without_any_spend_the_account_is_idle() -> None:
    result = depletion.forecast(curve([0] * 60), balance=5, as_of=NOW)
    assert (result.state, result.reason) == ("idle", "no spend in the last 2 days")
    assert result.median is None


def test_spend_of_long_ago_is_forgotten() -> None:
    result = depletion.forecast(curve([7] * 100 + [0] * 24 * 57), balance=5, as_of=NOW)
    assert (result.state, result.reason) == ("idle", "no spend in the last 56 days")


def test_an_old_snapshot_makes_a_stale_forecast_that_starts_from_it() -> None:
    spent = curve(steady())
    fresh = depletion.forecast(spent, balance=10_000_000, as_of=NOW)
    later = depletion.forecast(spent, balance=10_000_000, as_of=NOW + 3 * DAY)
    assert (later.state, later.reason) == ("stale", "the last snapshot is 3 days old")
    assert (later.low, later.median, later.high) == (fresh.low, fresh.median, fresh.high)
    assert later.origin == from_ms(NOW)
    assert later.probability[0].p > fresh.probability[0].p


@pytest.mark.parametrize(("age", "state"), [(DAY, "projected"), (DAY + 1, "stale")])
def test_a_day_without_snapshots_is_not_stale_yet(age: int, state: str) -> None:
    result = depletion.forecast(curve(steady()), balance=10_000_000, as_of=NOW + age)
    assert result.state == state


@pytest.mark.parametrize(("age", "state"), [(3 * DAY, "projected"), (3 * DAY + 1, "stale")])
def test_rare_polls_are_stale_after_three_of_their_intervals(age: int, state: str) -> None:
    daily = curve([100, 110, 90] * 10, step=DAY)
    assert depletion.forecast(daily, balance=1000, as_of=NOW + age).state == state


def test_an_idle_account_without_fresh_snapshots_says_both() -> None:
    result = depletion.forecast(curve([0] * 60), balance=5, as_of=NOW + 3 * DAY)
    assert result.state == "idle"
    assert result.reason == "no spend in the last 2 days; the last snapshot is 3 days old"


def test_a_median_beyond_a_year_is_not_told_but_the_early_end_is() -> None:
    result = depletion.forecast(curve(steady(daily=1e6)), balance=500_000_000, as_of=NOW)
    assert result.state == "beyond_horizon"
    assert result.reason == "even odds that it lasts more than 365 days"
    assert result.median is result.high is None
    assert 100 < days_ahead(result.low) < 365


def test_beyond_the_horizon_even_the_early_end_is_unknown() -> None:
    result = depletion.forecast(curve(steady(daily=1e6)), balance=10**13, as_of=NOW)
    assert result.state == "beyond_horizon"
    assert result.low is None


def test_stale_wins_over_beyond_the_horizon() -> None:
    result = depletion.forecast(curve(steady(daily=1e6)), balance=10**13, as_of=NOW + 3 * DAY)
    assert result.state == "stale"
    assert result.reason is not None
    assert result.reason.endswith("even odds that it lasts more than 365 days")


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 80.0, float("nan"), 1 - 2**-54])
def test_a_level_that_is_no_probability_is_misuse(level: float) -> None:
    with pytest.raises(InvalidProbabilityError, match="use a number between 0 and 1"):
        depletion.forecast(curve(steady()), balance=5, as_of=NOW, level=level)


def test_what_is_older_than_eight_weeks_is_not_looked_at() -> None:
    spent = curve(steady(100, 1e6))
    nonsense = np.where(spent.times < NOW - 57 * DAY, -1, spent.spent)
    result = depletion.forecast(spent, balance=10_000_000, as_of=NOW)
    forged = SpendCurve(spent.times, nonsense)
    assert depletion.forecast(forged, balance=10_000_000, as_of=NOW) == result
    assert depletion.fan(forged, balance=10_000_000, as_of=NOW)


def test_ten_years_of_minutes_are_not_copied() -> None:
    years = curve(np.ones(5_256_000, np.int64), step=MINUTE)
    tracemalloc.start()
    result = depletion.forecast(years, balance=100_000, as_of=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.state == "projected"
    assert peak < years.spent.nbytes / 10
