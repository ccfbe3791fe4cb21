"""Folds of a backtest: past forecasts with the outcome.

At moments with at least a week of history, the waiting time of some balances is forecast from
what was known then. A balance is a number of days of the mean spend of the 28 days before.
Waiting times longer than 30 days, or than the rest of the history, are cut there, forecasts
and outcomes alike, which keeps the scores proper.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from usage_tracker.forecast.inputs import ForecastInputs, Unavailable, prepare
from usage_tracker.forecast.spend_distribution import SpendDistribution, quantile_bounds
from usage_tracker.forecast.spend_profile import CONSTANTS, Constants
from usage_tracker.ledger.arrays import Int64s, SpendCurve
from usage_tracker.times import DAY, HOUR, from_ms

MOMENTS = 40
MEAN_DAYS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0)
HISTORY_NEEDED = 7 * DAY
NAIVE_DAYS = (1, 7, 28)
BACKTEST_SPAN = 365 * DAY
_LEFT = DAY
_STEP = 5 * HOUR
_LONGEST_DAYS = 30
_SHORTEST = 0.02


@dataclass(frozen=True, slots=True)
class Fold:
    """One past forecast of the days from `at` until `balance` (units) was spent.

    `truth` is the outcome, a lower bound if `capped`; `p` the forecast probability of
    running out by then; `naive` the forecasts from the mean rates of the last 1, 7 and 28 days.
    """

    at: dt.datetime
    balance: int
    truth: float
    capped: bool
    low: float
    median: float
    high: float
    p: float
    naive: tuple[float, ...]

    def came_true(self, level: float) -> bool:
        """Return whether the truth lies inside the interval of probability `level`."""
        early, late = quantile_bounds(level)
        return self.p <= late and (self.capped or self.p >= early)


def make_folds(
    curve: SpendCurve,
    *,
    level: float,
    moments: int = MOMENTS,
    mean_days: tuple[float, ...] = MEAN_DAYS,
    constants: Constants = CONSTANTS,
) -> list[Fold]:
    """Return the folds at up to `moments` moments of the last year of `curve`, oldest first.

    `mean_days` are the balances to forecast, in days of mean spend.
    """
    folds: list[Fold] = []
    for origin in origins(curve, moments).tolist():
        inputs = prepare(curve, origin, days=_LONGEST_DAYS, constants=constants)
        folds.extend(_folds_at(curve, inputs, level, mean_days))
    return folds


def origins(curve: SpendCurve, count: int) -> Int64s:
    """Return knots spread evenly over the part of `curve` where outcomes are known."""
    last = int(curve.times[-1]) - _LEFT
    first = max(int(curve.times[0]) + HISTORY_NEEDED, last - BACKTEST_SPAN)
    if last < first:
        return np.array([], dtype=np.int64)
    grid = np.linspace(first, last, min(count, (last - first) // _STEP + 1))
    knots = np.unique(curve.times[np.searchsorted(curve.times, grid, side="right") - 1])
    return knots[knots >= first]


def _folds_at(
    curve: SpendCurve, inputs: ForecastInputs, level: float, mean_days: tuple[float, ...]
) -> Iterator[Fold]:
    if isinstance(inputs.distribution, Unavailable):
        return
    origin = inputs.origin
    left = (int(curve.times[-1]) - origin) / DAY
    means = rates(inputs.recent)
    ahead = curve.since(origin).until(origin + (_LONGEST_DAYS + 1) * DAY)
    for days in mean_days:
        balance = int(days * means[-1])
        if days <= left and balance > 0:
            cap = min(float(_LONGEST_DAYS), left)
            fold = _fold(inputs.distribution, ahead, balance, level, cap, means)
            if fold.truth >= _SHORTEST:
                yield fold


def _fold(
    distribution: SpendDistribution,
    ahead: SpendCurve,
    balance: int,
    level: float,
    cap: float,
    means: tuple[float, ...],
) -> Fold:
    def cut(days: float) -> float:
        return min(max(days, _SHORTEST), cap)

    waited = days_until_spent(ahead, balance)
    truth = min(waited, cap)
    early, late = quantile_bounds(level)
    quantiles = (distribution.wait_quantile(balance, p) for p in (early, 0.5, late))
    low, median, high = (cap if hours is None else cut(hours / 24) for hours in quantiles)
    return Fold(
        at=from_ms(distribution.origin),
        balance=balance,
        truth=truth,
        capped=waited >= cap,
        low=low,
        median=median,
        high=high,
        p=distribution.probability(balance, truth * 24),
        naive=tuple(cut(balance / rate) if rate else cap for rate in means),
    )


def rates(recent: SpendCurve) -> tuple[float, ...]:
    """Return the mean daily spend of the last 1, 7 and 28 days, or of a shorter history."""
    origin, first = int(recent.times[-1]), int(recent.times[0])
    since = np.array([max(origin - days * DAY, first) for days in NAIVE_DAYS])
    spent = recent.at(np.array([origin]))[0] - recent.at(since)
    return tuple((spent / (origin - since) * DAY).tolist())


def days_until_spent(ahead: SpendCurve, balance: int) -> float:
    """Return the days from the first knot until `balance` was spent; infinite if it never was."""
    target = int(ahead.spent[0]) + balance
    after = int(np.searchsorted(ahead.spent, target))
    if after == len(ahead):
        return float("inf")
    around = slice(after - 1, after + 1)
    (before, spent), (start, end) = ahead.spent[around], ahead.times[around]
    reached = start + (target - before) / (spent - before) * (end - start)
    return float((reached - ahead.times[0]) / DAY)
