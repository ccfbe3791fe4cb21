import numpy as np
import pytest

from tests.forecast.histories import NOW, curve, steady
from usage_tracker.forecast.spend_profile import (
    fit_growth,
    fit_profile,
    hour_shares,
    hourly_spend,
    week_factors,
)
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, HOUR

WEEK = np.array([2.0, 1, 1, 1, 1, 1, 0])


def test_a_strict_week_is_known_after_a_fortnight() -> None:
    assert week_factors(np.tile(WEEK, 2)) == pytest.approx(WEEK)


def test_a_week_alone_has_no_habits() -> None:
    assert week_factors(WEEK).tolist() == [1] * 7


def test_weeks_that_disagree_have_no_habits() -> None:
    assert week_factors(np.concatenate((WEEK, WEEK[::-1]))) == pytest.approx(np.ones(7))


def test_noise_is_mostly_not_taken_for_a_habit() -> None:
    days = np.random.default_rng(5).lognormal(0, 0.5, (200, 28))
    raw = np.array([each.reshape(4, 7).mean(axis=0) / each.mean() for each in days])
    shrunk = np.array([week_factors(each) for each in days])
    assert np.std(shrunk) < 0.6 * np.std(raw)


def test_growth_is_not_taken_for_a_weekly_habit() -> None:
    assert week_factors(1.02 ** -np.arange(56.0)) == pytest.approx(np.ones(7), abs=0.07)


def test_a_week_without_spend_tells_nothing_of_weekdays() -> None:
    with_pause = np.concatenate((WEEK, np.zeros(7), WEEK))
    assert week_factors(with_pause) == pytest.approx(WEEK)


def test_the_mean_day_of_a_week_is_one() -> None:
    days = np.random.default_rng(6).lognormal(0, 0.3, 42) * np.tile(WEEK + 0.1, 6)
    assert week_factors(days).mean() == pytest.approx(1)


def test_one_day_tells_half_of_its_hours() -> None:
    burst = np.zeros((1, 24))
    burst[0, 9] = 77
    share = hour_shares(burst, np.ones(1))
    assert share[9] == pytest.approx((1 + 1 / 24) / 2)
    assert share.sum() == pytest.approx(1)


def test_many_days_tell_their_hours() -> None:
    work = np.tile(np.where(np.arange(24) < 8, 1.0, 0), (40, 1))
    assert hour_shares(work, np.ones(40))[:8] == pytest.approx(np.full(8, 1 / 8), rel=0.03)


def test_hours_are_counted_back_from_the_last_snapshot() -> None:
    hourly = hourly_spend(curve(np.arange(1, 51)))
    assert hourly.shape == (2, 24)
    assert hourly[0].tolist() == list(range(27, 51))
    assert hourly[1].tolist() == list(range(3, 27))


def test_no_more_than_eight_weeks_count() -> None:
    assert hourly_spend(curve(steady(90))).shape == (56, 24)


def test_days_before_the_first_spend_are_left_out() -> None:
    quiet = np.concatenate((np.zeros(240), np.full(30, 5)))
    assert hourly_spend(curve(quiet)).shape == (2, 24)
    assert hourly_spend(curve(np.zeros(240))).shape == (0, 24)


def test_a_pause_after_the_first_spend_counts() -> None:
    paused = np.concatenate((np.full(24, 5), np.zeros(240)))
    assert hourly_spend(curve(paused)).shape == (11, 24)


def test_rare_snapshots_are_spread_over_their_hours() -> None:
    daily = SpendCurve(np.array([NOW - 2 * DAY, NOW - DAY, NOW]), np.array([0, 2400, 2400]))
    assert hourly_spend(daily).tolist() == [[0] * 24, [100] * 24]


def test_clock_changes_do_not_matter() -> None:
    shifted = curve(steady(), end=NOW + 37 * HOUR)
    assert hourly_spend(shifted).tolist() == hourly_spend(curve(steady())).tolist()


def test_the_usual_day_is_found() -> None:
    usual = fit_profile(np.full((20, 24), 50.0))
    assert usual.level == pytest.approx(1200)
    assert usual.recent_ratio == pytest.approx(0)
    assert usual.scatter < 0.02


def test_two_days_alike_are_no_proof_that_all_are() -> None:
    two, twenty = (fit_profile(np.full((days, 24), 50.0)).scatter for days in (2, 20))
    assert two == pytest.approx(0.25 / 2, rel=0.01)
    assert twenty < two / 5


def test_a_level_below_the_usual_one_returns_to_it_and_one_above_stays() -> None:
    low, high = np.repeat([[1.0, 5.0], [5.0, 1.0]], 6, axis=1)
    paused, busier = (fit_profile(np.repeat(daily[:, None], 24, axis=1)) for daily in (low, high))
    assert paused.growth * 7 / np.log(2) == pytest.approx(np.log(3 * 24 / paused.level) / 2)
    assert busier.growth == 0


def test_the_present_rate_is_judged_by_what_its_hours_usually_take() -> None:
    # The quiet night just behind is usual: it is no sign of an end.
    nights = np.tile(np.where(np.arange(24) < 14, 10.0, 0), (20, 1))
    assert fit_profile(nights).recent_ratio == pytest.approx(0, abs=0.1)


def test_weekdays_ahead_follow_those_behind() -> None:
    newest_first = np.repeat(np.tile(WEEK, 3)[:, None], 24, axis=1)
    ahead = fit_profile(newest_first).factors
    assert ahead == pytest.approx(np.maximum(WEEK[::-1], 0.05))


def test_sustained_growth_is_found() -> None:
    noise = np.random.default_rng(7).lognormal(0, 0.1, 40)
    assert fit_growth(1.05 ** -np.arange(40.0) * noise) == pytest.approx(np.log(1.05), rel=0.25)


def test_noise_does_not_grow() -> None:
    days = np.random.default_rng(8).lognormal(0, 0.6, (200, 30))
    assert np.mean([fit_growth(each) > 0 for each in days]) < 0.02


def test_growth_needs_two_weeks() -> None:
    grown = 1.1 ** -np.arange(14.0)
    assert fit_growth(grown[:13]) == 0
    assert fit_growth(grown) > 0


def test_a_decline_or_a_pause_is_not_followed() -> None:
    assert fit_growth(1.1 ** np.arange(30.0)) == 0
    assert fit_growth(np.repeat([0.0, 5.0], 15)) == 0


def test_growth_is_not_taken_out_of_the_scatter() -> None:
    grown = np.repeat(1.05 ** -np.arange(40.0)[:, None], 24, axis=1)
    assert fit_profile(grown).growth > 0
    assert fit_profile(grown).scatter > 0.05
