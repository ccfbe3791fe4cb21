import numpy as np
import pytest

from tests.forecast.histories import NOW, curve, days_ahead, steady
from usage_tracker.forecast import depletion
from usage_tracker.forecast.depletion import NothingToProjectError, TooFarError
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, HOUR, MINUTE, from_ms


def test_a_steady_account_lasts_about_as_long_as_its_balance_over_its_rate() -> None:
    result = depletion.forecast(curve(steady(daily=1e6)), balance=10_000_000, as_of=NOW)
    assert result.state == "projected"
    assert result.reason is None
    assert result.method == "log-t spend"
    assert 8 < days_ahead(result.median) < 13
    assert days_ahead(result.low) > 5
    assert days_ahead(result.high) < 25


def test_the_linear_date_is_the_balance_over_the_rate_of_a_week() -> None:
    result = depletion.forecast(curve([0] * 240 + [100] * 168), balance=24_000, as_of=NOW)
    assert days_ahead(result.linear) == pytest.approx(10)


def test_the_linear_date_takes_a_shorter_history_whole() -> None:
    result = depletion.forecast(curve([100] * 48), balance=24_000, as_of=NOW)
    assert days_ahead(result.linear) == pytest.approx(10)


def test_a_line_that_ends_after_a_century_is_not_drawn() -> None:
    result = depletion.forecast(curve([1] * 48), balance=10**12, as_of=NOW)
    assert result.linear is None


def test_the_chance_is_told_for_the_days_asked_for() -> None:
    result = depletion.forecast(
        curve(steady(daily=1e6)), balance=10_000_000, as_of=NOW, days=(1, 10, 300)
    )
    assert [chance.days for chance in result.probability] == [1, 10, 300]
    assert result.probability[0].p < 0.01
    assert 0.2 < result.probability[1].p < 0.8
    assert result.probability[2].p > 0.99


def test_weekends_off_are_foreseen() -> None:
    # The last two of every seven days are quiet, and the last block is the eve of the quiet ones.
    working = np.repeat(np.where(np.arange(54) % 7 >= 5, 0.0, 1e6), 24) / 24
    result = depletion.forecast(curve(working), balance=1_000_000, as_of=NOW)
    assert working[-24:].sum() > 0
    assert 2.5 < days_ahead(result.median) < 4


def test_nights_off_are_foreseen() -> None:
    hours = np.tile(np.where(np.arange(24) < 12, 1e5, 0.0), 20)  # the last twelve hours were quiet
    result = depletion.forecast(curve(hours), balance=600_000, as_of=NOW)
    assert 0.15 < days_ahead(result.median) < 0.35


def test_a_sudden_start_is_not_drowned_by_the_silence_before() -> None:
    spend = np.concatenate((np.zeros(28 * 24), steady(2, 1e6)))
    result = depletion.forecast(curve(spend), balance=5_000_000, as_of=NOW)
    assert 3 < days_ahead(result.median) < 7
    assert days_ahead(result.linear) > 10


def test_a_sudden_stop_is_not_taken_for_the_end() -> None:
    spend = np.concatenate((steady(26, 1e6), np.zeros(4 * 24)))
    result = depletion.forecast(curve(spend), balance=5_000_000, as_of=NOW)
    assert result.state == "projected"
    assert 6 < days_ahead(result.median) < 30


def test_sustained_growth_is_followed() -> None:
    spend = np.repeat(1e6 * 1.06 ** np.arange(50), 24) / 24
    week = float(np.repeat(1e6 * 1.06 ** np.arange(50, 57), 24).sum()) / 24
    result = depletion.forecast(curve(spend), balance=int(week), as_of=NOW)
    assert days_ahead(result.low) < 7 < days_ahead(result.high)
    assert days_ahead(result.median) < days_ahead(result.linear)


def test_days_before_the_first_spend_are_no_history() -> None:
    result = depletion.forecast(curve([0] * 100 + [7] * 48), balance=500, as_of=NOW)
    assert days_ahead(result.since) == -2
    whole = depletion.forecast(curve([7] * 148), balance=500, as_of=NOW)
    assert days_ahead(whole.since) == -6


def test_a_week_without_spend_has_no_linear_date() -> None:
    result = depletion.forecast(curve([7] * 100 + [0] * 170), balance=500, as_of=NOW)
    assert result.state == "projected"
    assert result.linear is None


def test_an_account_idle_for_98_of_100_hours_gets_a_wide_interval() -> None:
    rng = np.random.default_rng(3)
    spend = np.where(rng.random(56 * 24) < 0.02, rng.lognormal(13, 1, 56 * 24), 0)
    mean = float(spend.sum()) / 56
    result = depletion.forecast(curve(spend), balance=int(10 * mean), as_of=NOW)
    assert result.state == "projected"
    assert days_ahead(result.high) > 3 * days_ahead(result.low)


def test_a_gap_in_the_polls_is_bridged() -> None:
    whole = curve(steady(50, 1e6))
    seen = np.r_[0:300, 700 : len(whole)]
    holed = SpendCurve(whole.times[seen], whole.spent[seen])
    ours, theirs = (
        days_ahead(depletion.forecast(each, balance=10_000_000, as_of=NOW).median)
        for each in (whole, holed)
    )
    assert ours == pytest.approx(theirs, rel=0.1)


@pytest.mark.parametrize("step", [MINUTE, 10 * MINUTE, HOUR, DAY])
def test_how_often_it_was_polled_hardly_matters(step: int) -> None:
    hourly = curve(steady(40, 1e6))
    moments = NOW - step * np.arange(40 * DAY // step, -1, -1, dtype=np.int64)
    result = depletion.forecast(
        SpendCurve(moments, hourly.whole_at(moments)), balance=10_000_000, as_of=NOW
    )
    assert result.state == "projected"
    assert days_ahead(result.median) == pytest.approx(10.3, abs=1.5)


def test_nothing_is_needed_to_last_until_now() -> None:
    assert depletion.needed(curve(steady()), until=NOW - DAY, confidence=0.9, as_of=NOW) == 0


def test_what_is_needed_is_rounded_up() -> None:
    assert depletion.needed(curve([1] * 90), until=NOW + HOUR, confidence=0.1, as_of=NOW) == 1


def test_more_confidence_needs_more() -> None:
    needed = [
        depletion.needed(curve(steady()), until=NOW + 20 * DAY, confidence=c, as_of=NOW)
        for c in (0.1, 0.5, 0.9, 0.99)
    ]
    assert needed == sorted(set(needed))
    assert 15e6 < needed[1] < 25e6


def test_what_is_needed_beyond_the_horizon_is_not_told() -> None:
    with pytest.raises(TooFarError, match="2028-01-06 is too far"):
        depletion.needed(curve(steady()), until=NOW + 400 * DAY, confidence=0.9, as_of=NOW)


def test_what_is_needed_is_not_told_without_history() -> None:
    with pytest.raises(NothingToProjectError, match="needs 21 more hours of history"):
        depletion.needed(curve([5] * 3), until=NOW + DAY, confidence=0.9, as_of=NOW)


def test_a_fan_meets_every_date_that_is_told() -> None:
    result = depletion.forecast(curve(steady()), balance=10_000_000, as_of=NOW)
    points = depletion.fan(curve(steady()), balance=10_000_000, as_of=NOW)
    assert points[0].at == from_ms(NOW)
    assert points[-1].at == result.high
    assert points[-1].high <= 1
    assert [point.median <= 1 for point in points if point.at == result.median] == [True]
    assert [point.low <= 1 for point in points if point.at == result.low] == [True]
    assert len(points) == 42


def test_a_fan_without_a_late_end_reaches_twice_the_median() -> None:
    sparse = np.zeros(40 * 24)
    sparse[[100, 400, 800, 950]] = 1e6
    result = depletion.forecast(curve(sparse), balance=15_000_000, as_of=NOW, level=0.95)
    points = depletion.fan(curve(sparse), balance=15_000_000, as_of=NOW, level=0.95)
    assert result.median is not None
    assert result.high is None
    assert days_ahead(points[-1].at) == pytest.approx(2 * days_ahead(result.median), rel=1e-3)


@pytest.mark.parametrize("balance", [0, -3])
def test_there_is_no_fan_of_nothing(balance: int) -> None:
    assert depletion.fan(curve(steady()), balance=balance, as_of=NOW) == ()
    assert depletion.fan(curve([0] * 60), balance=5, as_of=NOW) == ()
