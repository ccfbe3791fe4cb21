import numpy as np
import pytest

from tests.forecast.histories import NOW, curve, steady, traces
from usage_tracker.forecast import depletion
from usage_tracker.forecast.folds import Fold, make_folds
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, HOUR, to_ms


def test_a_trial_answers_as_the_forecast_would_have_then() -> None:
    spent = curve(steady())
    for fold in make_folds(spent, level=0.8, moments=5, mean_days=(1, 3)):
        as_of = to_ms(fold.at)
        forecast = depletion.forecast(spent.until(as_of), balance=fold.balance, as_of=as_of)
        for waited, moment in ((fold.low, forecast.low), (fold.median, forecast.median)):
            assert moment is not None
            assert waited == pytest.approx((to_ms(moment) - as_of) / DAY, abs=1e-4)


def test_the_truth_is_when_the_balance_was_spent() -> None:
    for fold in make_folds(curve([100] * 24 * 30), level=0.8, mean_days=(2.5,)):
        assert fold.balance == 6000
        assert fold.truth == pytest.approx(min(2.5, (NOW - to_ms(fold.at)) / DAY))


def test_what_comes_after_a_moment_does_not_change_what_was_foretold() -> None:
    quiet = steady(30)
    loud = np.concatenate((quiet[: 24 * 20], 50 * quiet[24 * 20 :]))
    calm, changed = (make_folds(curve(each), level=0.8, mean_days=(3,)) for each in (quiet, loud))
    turn = NOW - 10 * DAY
    before = [(a, b) for a, b in zip(calm, changed, strict=False) if to_ms(a.at) <= turn - 3 * DAY]
    assert len(before) > 10
    assert all((a.low, a.median, a.high) == (b.low, b.median, b.high) for a, b in before)
    assert calm[-1].balance != changed[-1].balance


def test_moments_have_a_week_behind_and_a_day_ahead() -> None:
    spent = curve(steady(30))
    moments = [to_ms(fold.at) for fold in make_folds(spent, level=0.8)]
    assert min(moments) >= spent.times[0] + 7 * DAY
    assert max(moments) <= NOW - DAY
    assert len(set(moments)) == 40
    assert min(np.diff(sorted(set(moments)))) >= 5 * HOUR


def test_no_balance_is_tried_that_the_rest_of_the_history_could_not_judge() -> None:
    for fold in make_folds(curve([100] * 24 * 20), level=0.8):
        assert fold.balance / 2400 <= (NOW - to_ms(fold.at)) / DAY


def test_waits_are_cut_at_what_is_left() -> None:
    slowing = np.concatenate((np.full(24 * 10, 1000), np.full(24 * 4, 10)))
    folds = make_folds(curve(slowing), level=0.8)
    capped = [fold for fold in folds if fold.capped]
    assert capped
    for fold in capped:
        left = (NOW - to_ms(fold.at)) / DAY
        assert fold.truth == pytest.approx(left)
        assert max(fold.high, *fold.naive) <= left + 1e-9


def test_naive_answers_are_mean_rates() -> None:
    falling = np.concatenate((np.full(24 * 14, 4000), np.full(24 * 13, 1000), np.full(24, 500)))
    last = make_folds(curve(falling), level=0.8, mean_days=(0.2,))[-1]
    assert last.naive[0] == pytest.approx(last.balance / 24_000, rel=0.1)
    assert last.naive[0] > last.naive[2]


def test_only_the_last_year_is_tried() -> None:
    spent = curve(np.ones(1000) * 100, step=DAY)
    assert min(to_ms(fold.at) for fold in make_folds(spent, level=0.8)) >= NOW - 366 * DAY


def test_moments_are_snapshots_even_when_these_are_irregular() -> None:
    whole = curve(steady(60))
    some = np.sort(np.random.default_rng(2).choice(len(whole), 200, replace=False))
    spent = SpendCurve(whole.times[some], whole.spent[some])
    assert {to_ms(fold.at) for fold in make_folds(spent, level=0.8)} <= set(spent.times.tolist())


def test_a_week_of_history_leaves_no_moment_to_try() -> None:
    assert make_folds(curve(steady(7)), level=0.8) == []


def test_idle_moments_are_passed_over() -> None:
    late = np.concatenate((np.zeros(24 * 20), steady(10)))
    assert all(to_ms(t.at) > NOW - 10 * DAY for t in make_folds(curve(late), level=0.8))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_coming_true_is_lying_inside_the_interval(level: float) -> None:
    for _, spent in traces().values():
        folds = make_folds(spent, level=level, moments=10)
        inside = [fold.low - 1e-9 <= fold.truth <= fold.high + 1e-9 for fold in folds]
        true = [fold.came_true(level) for fold in folds]
        assert np.mean(np.array(inside) != np.array(true)) <= 0.03


def test_a_higher_level_comes_true_more_often() -> None:
    fold = Fold(
        at=make_folds(curve(steady()), level=0.8)[0].at,
        balance=5,
        truth=3,
        capped=False,
        low=1,
        median=2,
        high=4,
        p=0.85,
        naive=(1, 1, 1),
    )
    assert [fold.came_true(level) for level in (0.5, 0.69, 0.71, 0.9)] == [
        False,
        False,
        True,
        True,
    ]
