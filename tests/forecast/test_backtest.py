import numpy as np
import pytest

from tests.forecast.histories import NOW, curve, steady, traces
from usage_tracker.forecast import backtest
from usage_tracker.forecast.spend_distribution import InvalidProbabilityError
from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.times import DAY, HOUR


def exploding(days: int = 60) -> Floats:
    """Spend that grows by a fifth every day, which no forecast follows."""
    return np.asarray(np.repeat(1e4 * 1.2 ** np.arange(days), 24))


def test_the_interval_keeps_its_promise_on_real_histories() -> None:
    held = [backtest.run(spent, as_of=int(spent.times[-1])) for _, spent in traces().values()]
    coverage = [test.coverage for test in held if test.coverage is not None]
    assert len(coverage) == len(held)
    assert 0.75 < np.mean(coverage) < 0.92
    assert min(coverage) > 0.6


def test_the_forecast_beats_every_naive_one_on_real_histories() -> None:
    held = [
        backtest.run(spent, as_of=int(spent.times[-1])).scores for _, spent in traces().values()
    ]
    ours, *naive = np.mean([[score.pinball for score in scores] for scores in held], axis=0)
    assert ours < 0.75 * min(naive)


def test_higher_levels_hold_more_of_the_truths() -> None:
    for _, spent in traces().values():
        reliability = backtest.run(spent, as_of=int(spent.times[-1])).reliability
        observed = [each.observed for each in reliability]
        assert observed == sorted(observed)
        assert [each.level for each in reliability] == [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]


def test_an_even_account_is_foretold_as_promised_or_better() -> None:
    tested = backtest.run(curve(steady(120)), as_of=NOW)
    assert tested.reason is None
    assert tested.came_true == round((tested.coverage or 0) * len(tested.trials))
    assert tested.scores[0].median_error < 0.15
    assert tested.verdict.startswith(
        f"of {len(tested.trials)} past forecasts, {tested.came_true} came true within"
    )


def test_coverage_far_below_the_level_is_no_chance_and_is_said() -> None:
    tested = backtest.run(curve(exploding()), as_of=NOW)
    assert tested.coverage is not None
    assert tested.coverage < 0.4
    assert tested.verdict.endswith("not the 80 % promised")
    assert tested.trust is not None
    assert tested.trust.endswith("of such forecasts came true: be wary")


def test_coverage_far_above_the_level_is_said_too() -> None:
    even = curve(np.tile(steady(1), 300))
    tested = backtest.run(even, as_of=NOW, level=0.5)
    assert tested.coverage == 1
    assert tested.trust is not None
    assert tested.trust.endswith("100 % of such forecasts came true: it is surer than it says")


def test_few_forecasts_prove_nothing() -> None:
    tested = backtest.run(curve(np.tile(steady(1), 14)), as_of=NOW)
    assert tested.coverage == 1
    assert tested.verdict.endswith("100 %; 80 % was promised, and the difference may be chance")
    assert tested.trust is None


def test_overlapping_forecasts_count_as_few() -> None:
    tested = backtest.run(curve(steady(14)), as_of=NOW)
    assert len(tested.trials) > 50
    assert 1 <= tested.independent < 6


@pytest.mark.parametrize(
    ("hours", "missing"),
    [(9 * 24, "needs 1 more day of history"), (5, "needs 10 more days of history")],
)
def test_a_short_history_is_not_tried(hours: int, missing: str) -> None:
    tested = backtest.run(curve(steady()[:hours]), as_of=NOW)
    assert (tested.reason, tested.verdict) == (missing, f"no past forecasts to judge by: {missing}")
    assert tested.trials == ()
    assert tested.coverage is None
    assert tested.trust is None


def test_without_snapshots_there_is_nothing_to_try() -> None:
    nothing = SpendCurve(np.array([], np.int64), np.array([], np.int64))
    assert backtest.run(nothing, as_of=NOW).reason == "needs 10 more days of history"


def test_an_idle_history_is_not_tried() -> None:
    tested = backtest.run(curve([0] * 24 * 30), as_of=NOW)
    assert tested.reason == "needs a longer history with spend in it"


def test_nothing_after_as_of_is_used() -> None:
    spent = curve(steady(60))
    as_of = NOW - 20 * DAY
    assert backtest.run(spent, as_of=as_of) == backtest.run(spent.until(as_of), as_of=as_of)


def test_the_quick_warning_is_that_of_a_smaller_trial() -> None:
    assert backtest.trust(curve(steady(120)), as_of=NOW) is None
    assert "be wary" in (backtest.trust(curve(exploding()), as_of=NOW) or "")


def test_a_smaller_trial_asks_less() -> None:
    small = backtest.run(curve(steady(60)), as_of=NOW, moments=8, mean_days=(1, 5))
    assert small.moments == 8
    assert len(small.trials) == 15  # the last moment leaves no room for five days


def test_a_level_that_is_no_probability_is_misuse() -> None:
    with pytest.raises(InvalidProbabilityError):
        backtest.run(curve(steady()), as_of=NOW, level=1)


def test_naive_forecasts_are_named() -> None:
    tested = backtest.run(curve(steady(30)), as_of=NOW - HOUR)
    assert [score.method for score in tested.scores] == [
        "forecast",
        "mean of the last 24 h",
        "mean of the last 7 d",
        "mean of the last 28 d",
    ]
