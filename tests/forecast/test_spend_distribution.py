import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forecast.histories import NOW, curve, days_ahead, steady
from usage_tracker.forecast import depletion
from usage_tracker.forecast.inputs import prepare
from usage_tracker.forecast.spend_distribution import SpendDistribution, fit
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import HOUR


def test_the_chance_at_each_bound_is_its_quantile() -> None:
    distribution = prepare(curve(steady()), NOW).distribution
    assert isinstance(distribution, SpendDistribution)
    result = depletion.forecast(curve(steady()), balance=10_000_000, as_of=NOW, level=0.8)
    for bound, p in ((result.low, 0.1), (result.median, 0.5), (result.high, 0.9)):
        assert distribution.probability(10_000_000, 24 * days_ahead(bound)) == pytest.approx(
            p, abs=0.01
        )


def fitted(spent: SpendCurve, days: int = 365) -> SpendDistribution:
    result = fit(spent, days=days)
    assert result is not None
    return result


def test_no_time_no_spend() -> None:
    ahead = fitted(curve(steady()))
    assert ahead.probability(1, 0) == 0
    assert ahead.spend_quantile(0.99, np.array([0.0])).tolist() == [0]


@given(st.floats(0.001, 0.999), st.integers(1, 10**9))
def test_just_the_balance_is_spent_when_it_is_reached(p: float, balance: int) -> None:
    ahead = fitted(curve(steady()))
    hours = ahead.wait_quantile(balance, p)
    spent = ahead.spend_quantile(1 - p, np.array([8760.0 if hours is None else hours]))[0]
    assert spent < balance if hours is None else spent == pytest.approx(balance)


@given(st.integers(1, 10**9), st.floats(0, 400 * 24), st.floats(0, 48))
def test_the_chance_of_running_out_only_grows(balance: int, hours: float, more: float) -> None:
    ahead = fitted(curve(steady()))
    assert 0 <= ahead.probability(balance, hours) <= ahead.probability(balance, hours + more) <= 1


def test_beyond_its_end_an_outlook_knows_no_more() -> None:
    ahead = fitted(curve(steady(daily=1e6)), days=10)
    assert ahead.wait_quantile(100_000_000, 0.5) is None
    assert ahead.probability(9_000_000, 240) == ahead.probability(9_000_000, 9000)


def test_a_short_outlook_agrees_with_a_long_one() -> None:
    short, long = (fitted(curve(steady()), days=days) for days in (10, 365))
    assert short.wait_quantile(5_000_000, 0.5) == long.wait_quantile(5_000_000, 0.5)


def test_nothing_is_learnt_from_silence_or_from_less_than_a_day() -> None:
    assert fit(curve([0] * 100)) is None
    assert fit(curve([5] * 23)) is None


def test_the_first_days_are_less_sure_than_the_later_ones() -> None:
    even = np.full(40 * 24, 1000)
    young, old = (fitted(curve(even[-hours:])).spread[100] for hours in (24, 960))
    assert young > 3 * old


def test_of_equally_lively_days_few_are_less_sure_than_many() -> None:
    days = np.repeat([100, 5000, 900], 24)
    few, many = (fitted(curve(np.tile(days, n))).spread[200] for n in (1, 14))
    assert few > 1.1 * many


def test_a_week_that_is_not_over_is_less_sure_than_a_whole_one() -> None:
    even = np.full(7 * 24, 1000)
    spreads = [fitted(curve(even[-24 * days :])).spread[100] for days in range(1, 8)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[4] > 1.5 * spreads[6]


def test_a_day_in_one_amount_is_less_sure_than_the_same_day_in_many() -> None:
    one, two, many = (
        fitted(curve(np.full(n, 2400 // n), step=24 // n * HOUR)).spread[200] for n in (1, 2, 24)
    )
    assert one > 1.2 * two > 1.2 * many


def test_a_present_rate_unlike_the_usual_one_is_less_sure() -> None:
    usual = np.full(40 * 24, 100)
    unsure = [
        fitted(curve(np.concatenate((usual, np.full(6, rate))))).spread[12]
        for rate in (0, 100, 900)
    ]
    assert min(unsure[0], unsure[2]) > 2 * unsure[1]


@given(st.floats(0.001, 0.999))
def test_spend_only_adds_up(p: float) -> None:
    spent = fitted(curve(steady())).spend_quantile(p, np.arange(8760.0))
    assert (np.diff(spent) >= 0).all()


def test_lively_days_are_less_sure_than_even_ones() -> None:
    lively = np.tile(np.repeat([100, 5000, 900], 24), 14)
    assert fitted(curve(lively)).spread[100] > 3 * fitted(curve([2000] * 1000)).spread[100]


def test_a_present_rush_fades_into_the_usual_rate() -> None:
    rush = np.concatenate((np.full(40 * 24, 100), np.full(24, 1000)))
    usual, rushed = (np.exp(fitted(curve(each)).centre) for each in (rush[:-24], rush))
    assert rushed[5] > 3 * usual[5]
    late = slice(30 * 24, 31 * 24)
    assert np.diff(rushed[late]).mean() < 2 * np.diff(usual[late]).mean()
