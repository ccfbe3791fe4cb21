"""Past forecasts beside what came.

At moments with a week behind them it is asked how long some balances would have lasted,
given only what was known then. A balance is so many days of the mean spend of the 28 days
before. Waiting times longer than 30 days, or than what is left of the history, are cut
there, forecasts and truth alike: that keeps the scores proper.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from usage_tracker.forecast.inputs import Footing, Refusal, stand
from usage_tracker.forecast.quantiles import tails
from usage_tracker.forecast.spend_distribution import Outlook
from usage_tracker.forecast.spend_profile import CONSTANTS, Constants
from usage_tracker.ledger.arrays import Int64s, SpendCurve
from usage_tracker.times import DAY, HOUR, from_ms

MOMENTS = 40
MEAN_DAYS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0)
BEHIND = 7 * DAY
NAIVE_DAYS = (1, 7, 28)
LOOK_BACK = 365 * DAY
_LEFT = DAY
_STEP = 5 * HOUR
_LONGEST_DAYS = 30
_SHORTEST = 0.02


@dataclass(frozen=True, slots=True)
class Trial:
    """One past forecast: days to wait from `at` until `balance` (units) was spent.

    `truth` is what came, at least so long if `capped`; `p` the chance the forecast gave to
    running out by then; `naive` what the mean rates of the last 1, 7 and 28 days foretold.
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
        """Whether the truth lies inside the interval of probability `level`."""
        early, late = tails(level)
        return self.p <= late and (self.capped or self.p >= early)


def hold(
    curve: SpendCurve,
    *,
    level: float,
    moments: int = MOMENTS,
    mean_days: tuple[float, ...] = MEAN_DAYS,
    constants: Constants = CONSTANTS,
) -> list[Trial]:
    """The trials at up to `moments` moments of the last year of `curve`, oldest first.

    `mean_days` are the balances tried, in days of mean spend.
    """
    trials: list[Trial] = []
    for origin in _origins(curve, moments).tolist():
        footing = stand(curve, origin, days=_LONGEST_DAYS, constants=constants)
        trials.extend(_at(curve, footing, level, mean_days))
    return trials


def _origins(curve: SpendCurve, count: int) -> Int64s:
    """Knots spread evenly over the part of `curve` where forecasts can be judged."""
    last = int(curve.times[-1]) - _LEFT
    first = max(int(curve.times[0]) + BEHIND, last - LOOK_BACK)
    if last < first:
        return np.array([], dtype=np.int64)
    grid = np.linspace(first, last, min(count, (last - first) // _STEP + 1))
    knots = np.unique(curve.times[np.searchsorted(curve.times, grid, side="right") - 1])
    return knots[knots >= first]


def _at(
    curve: SpendCurve, footing: Footing, level: float, mean_days: tuple[float, ...]
) -> Iterator[Trial]:
    if isinstance(footing.outlook, Refusal):
        return
    origin = footing.origin
    left = (int(curve.times[-1]) - origin) / DAY
    rates = _rates(footing.recent)
    ahead = curve.since(origin).until(origin + (_LONGEST_DAYS + 1) * DAY)
    for days in mean_days:
        balance = int(days * rates[-1])
        if days <= left and balance > 0:
            cap = min(float(_LONGEST_DAYS), left)
            trial = _try(footing.outlook, ahead, balance, level, cap, rates)
            if trial.truth >= _SHORTEST:
                yield trial


def _try(
    outlook: Outlook,
    ahead: SpendCurve,
    balance: int,
    level: float,
    cap: float,
    rates: tuple[float, ...],
) -> Trial:
    def cut(days: float) -> float:
        return min(max(days, _SHORTEST), cap)

    waited = _waited(ahead, balance)
    truth = min(waited, cap)
    early, late = tails(level)
    reached = (outlook.reach(balance, p) for p in (early, 0.5, late))
    low, median, high = (cap if hours is None else cut(hours / 24) for hours in reached)
    return Trial(
        at=from_ms(outlook.origin),
        balance=balance,
        truth=truth,
        capped=waited >= cap,
        low=low,
        median=median,
        high=high,
        p=outlook.chance(balance, truth * 24),
        naive=tuple(cut(balance / rate) if rate else cap for rate in rates),
    )


def _rates(recent: SpendCurve) -> tuple[float, ...]:
    """Mean spend a day over the last 1, 7 and 28 days, or what there is of them."""
    origin, first = int(recent.times[-1]), int(recent.times[0])
    since = np.array([max(origin - days * DAY, first) for days in NAIVE_DAYS])
    spent = recent.at(np.array([origin]))[0] - recent.at(since)
    return tuple((spent / (origin - since) * DAY).tolist())


def _waited(ahead: SpendCurve, balance: int) -> float:
    """Days from the first knot of `ahead` until `balance` was spent; infinite if it never was."""
    target = int(ahead.spent[0]) + balance
    after = int(np.searchsorted(ahead.spent, target))
    if after == len(ahead):
        return float("inf")
    around = slice(after - 1, after + 1)
    (before, spent), (start, end) = ahead.spent[around], ahead.times[around]
    reached = start + (target - before) / (spent - before) * (end - start)
    return float((reached - ahead.times[0]) / DAY)
