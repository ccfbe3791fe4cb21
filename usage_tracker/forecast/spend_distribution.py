"""The distribution of the spend ahead.

Spend never falls, so "the balance B lasts h hours" and "the spend S(h) of the next
h hours stays under B" are one event. ln S(h) is taken as normal with a centre and a
spread for every hour ahead, both in closed form: nothing is simulated. `docs/forecast.md`
derives the formulas, names their sources and shows how well the constants carry over.
"""

import functools
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from usage_tracker.forecast.spend_profile import CONSTANTS, Constants, Habits, habits, hours_behind
from usage_tracker.ledger.arrays import Floats, SpendCurve

HORIZON_DAYS = 365
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Outlook:
    """ln S(h) ~ N(centre, spread²) for the spend S of the next h = 1, 2, ... hours.

    `origin` is the moment it starts from (UTC ms); `centre` (n,) and `spread` (n,) are
    natural logarithms of gateway units.
    """

    origin: int
    centre: Floats
    spread: Floats

    def spent(self, p: float, hours: Floats) -> Floats:
        """The units that the spend of each of `hours` stays under with probability `p`."""
        path = np.exp(np.maximum.accumulate(self.centre + _NORMAL.inv_cdf(p) * self.spread))
        return np.interp(hours, np.arange(len(path) + 1), np.concatenate(([0.0], path)))

    def chance(self, balance: int, hours: float) -> float:
        """The probability that `balance` (> 0, units) is spent within `hours`."""
        whole = min(int(hours), len(self.centre) - 1)
        before, after = self._chance(balance, whole), self._chance(balance, whole + 1)
        return before + (after - before) * min(hours - whole, 1)

    def reach(self, balance: int, p: float) -> float | None:
        """The hours within which `balance` (> 0, units) is spent with probability `p`.

        None when they are more than the outlook has.
        """
        path = self.centre - _NORMAL.inv_cdf(p) * self.spread - math.log(balance)
        last = int(np.argmax(path >= 0))
        if path[last] < 0:
            return None
        start, end = np.exp(path[:last].max(initial=-np.inf)), np.exp(path[last])
        return last + float((1 - start) / (end - start))

    def _chance(self, balance: int, hours: int) -> float:
        odds = (self.centre[:hours] - math.log(balance)) / self.spread[:hours]
        return _NORMAL.cdf(float(odds.max(initial=-np.inf)))


def learn(
    curve: SpendCurve, *, days: int = HORIZON_DAYS, constants: Constants = CONSTANTS
) -> Outlook | None:
    """The outlook over `days` from the last knot of `curve`, of which the last 56 days count.

    None without a whole day of history, or when nothing was spent in those days.
    """
    hourly = hours_behind(curve)
    if not len(hourly):
        return None
    return _look_ahead(int(curve.times[-1]), habits(hourly, constants), days, constants)


@dataclass(frozen=True, slots=True)
class _Grid:
    """What only depends on how far ahead an hour is, each (hours,).

    `drift` is the variance by which the level has moved, `days` the days among which scatter
    evens out, `rush` what is left of the present rate's pull, `growth` the days' worth of
    growth, which loses half its slope in a memory's half-life.
    """

    drift: Floats
    days: Floats
    rush: Floats
    growth: Floats


@functools.cache
def _grid(days: int, constants: Constants) -> _Grid:
    ahead = np.arange(1, 24 * days + 1) / 24
    slowing = 1 - 0.5 ** (ahead / constants.memory)
    return _Grid(
        drift=constants.drift * ahead,
        days=np.maximum(ahead, constants.shortest),
        rush=0.5 ** ((ahead - 1 / 48) / constants.fade),
        growth=constants.memory / math.log(2) * slowing,
    )


def _look_ahead(origin: int, past: Habits, days: int, constants: Constants) -> Outlook:
    grid = _grid(days, constants)
    usual = (past.factors[np.arange(days) % 7][:, None] * past.share).ravel()
    mean = past.level * np.cumsum(usual * np.exp(past.pull * grid.rush + past.growth * grid.growth))
    days_noise = np.log1p(past.scatter / grid.days)
    level_noise = constants.level_doubt * past.scatter * (1 + constants.level_youth / past.days)
    spread = np.sqrt(days_noise + level_noise + grid.drift)
    return Outlook(origin, np.log(mean) - constants.skew * days_noise, spread)
