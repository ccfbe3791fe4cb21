"""What every forecast obeys, whatever the history."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.forecast.histories import days_ahead, traces
from usage_tracker.forecast import depletion
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.inputs import prepare
from usage_tracker.forecast.spend_distribution import SpendDistribution
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, HOUR

TRACES = traces()
names = st.sampled_from(sorted(TRACES))
shares = st.floats(0.1, 0.9)


def moment_in(spent: SpendCurve, share: float) -> int:
    """A knot of `spent` with at least two days behind it."""
    first = int(spent.times[0]) + 2 * DAY
    wanted = first + int(share * (int(spent.times[-1]) - first))
    return int(spent.until(wanted).times[-1])


def project_at(name: str, share: float, balance: int, level: float = 0.8) -> Depletion:
    spent = TRACES[name][1]
    return depletion.forecast(spent, balance=balance, as_of=moment_in(spent, share), level=level)


balances = st.integers(1, 10**11)


@given(names, shares, balances, st.floats(1, 50))
def test_more_balance_never_runs_out_earlier(
    name: str, share: float, balance: int, more: float
) -> None:
    less, richer = (project_at(name, share, units) for units in (balance, int(balance * more)))
    for bound in ("low", "median", "high"):
        assert days_ahead(getattr(richer, bound)) >= days_ahead(getattr(less, bound))
    for early, late in zip(richer.probability, less.probability, strict=True):
        assert early.p <= late.p


@given(names, shares, balances, st.floats(0.02, 0.99))
def test_the_interval_encloses_the_median(
    name: str, share: float, balance: int, level: float
) -> None:
    result = project_at(name, share, balance, level)
    assert days_ahead(result.low) <= days_ahead(result.median) <= days_ahead(result.high)


@given(names, shares, balances, st.floats(0.02, 0.9), st.floats(1.01, 1.09))
def test_a_higher_level_makes_a_wider_interval(
    name: str, share: float, balance: int, level: float, factor: float
) -> None:
    narrow = project_at(name, share, balance, level)
    wide = project_at(name, share, balance, level * factor)
    assert days_ahead(wide.low) <= days_ahead(narrow.low)
    assert days_ahead(wide.high) >= days_ahead(narrow.high)
    assert wide.median == narrow.median


@given(names, shares, st.integers(1, 10**9), st.integers(2, 1000))
def test_only_the_ratio_of_spend_to_balance_counts(
    name: str, share: float, balance: int, factor: int
) -> None:
    spent = TRACES[name][1]
    as_of = moment_in(spent, share)
    scaled = SpendCurve(spent.times, spent.spent * factor)
    one = depletion.forecast(spent, balance=balance, as_of=as_of)
    other = depletion.forecast(scaled, balance=balance * factor, as_of=as_of)
    for bound in ("low", "median", "high", "linear"):
        ours, theirs = (days_ahead(getattr(result, bound), as_of) for result in (one, other))
        assert ours == pytest.approx(theirs, abs=2 / 86400)


@given(names, shares, balances)
def test_what_comes_later_is_not_looked_at(name: str, share: float, balance: int) -> None:
    spent = TRACES[name][1]
    as_of = moment_in(spent, share)
    blind = depletion.forecast(spent.until(as_of), balance=balance, as_of=as_of)
    assert depletion.forecast(spent, balance=balance, as_of=as_of) == blind
    assert depletion.fan(spent, balance=balance, as_of=as_of) == depletion.fan(
        spent.until(as_of), balance=balance, as_of=as_of
    )


@given(names, shares, balances, st.integers(2, 12))
def test_more_polls_of_the_same_spend_make_it_no_less_sure(
    name: str, share: float, balance: int, polls: int
) -> None:
    spent = TRACES[name][1]
    as_of = moment_in(spent, share)
    steps = np.arange(polls) * (np.diff(spent.times)[:, None] // polls)
    often = np.append((spent.times[:-1, None] + steps).ravel(), spent.times[-1])
    finer = SpendCurve(often, spent.whole_at(often))
    coarse, fine = (
        depletion.forecast(each, balance=balance, as_of=as_of) for each in (spent, finer)
    )
    assert coarse.state == fine.state
    (early, median, late), (low, middle, high) = (
        [days_ahead(moment, as_of) for moment in (result.low, result.median, result.high)]
        for result in (coarse, fine)
    )
    assert middle == pytest.approx(median, rel=1e-3, abs=1e-3)
    assert low >= early * (1 - 1e-3) - 1e-3
    assert high <= late * (1 + 1e-3) + 1e-3


@given(names, shares, st.floats(0.1, 60), st.floats(0.05, 0.99))
def test_what_is_needed_lasts_with_the_confidence_asked_for(
    name: str, share: float, days: float, confidence: float
) -> None:
    spent = TRACES[name][1]
    as_of = moment_in(spent, share)
    until = as_of + round(days * 24) * HOUR
    units = depletion.needed(spent, until=until, confidence=confidence, as_of=as_of)
    result = depletion.forecast(spent, balance=units, as_of=as_of, days=(1,))
    distribution = prepare(spent, as_of).distribution
    assert result.state in {"projected", "beyond_horizon"}
    assert isinstance(distribution, SpendDistribution)
    chance = distribution.probability(units, (until - as_of) / HOUR)
    assert 1 - chance == pytest.approx(confidence, abs=0.01)


@given(names, shares, balances, st.floats(0.1, 0.99))
@settings(max_examples=examples(50))
def test_the_fan_falls_and_keeps_its_order(
    name: str, share: float, balance: int, level: float
) -> None:
    spent = TRACES[name][1]
    points = depletion.fan(spent, balance=balance, as_of=moment_in(spent, share), level=level)
    assert points[0].low == points[0].median == points[0].high == balance
    for before, after in itertools.pairwise(points):
        assert before.at <= after.at
        assert 0 <= after.low <= after.median <= after.high
        assert after.low <= before.low
        assert after.median <= before.median
        assert after.high <= before.high


@given(names, shares, balances)
@settings(max_examples=examples(20))
def test_the_same_history_gives_the_same_answer(name: str, share: float, balance: int) -> None:
    assert project_at(name, share, balance) == project_at(name, share, balance)
