"""The distribution of future spend.

Spend never falls, so "the balance B lasts h hours" and "the spend S(h) of the next
h hours stays under B" are one event. ln S(h) is taken as Student's t with a centre and a
spread for every hour ahead, both in closed form: nothing is simulated. `docs/forecast.md`
derives the formulas, names their sources and shows how well the constants carry over.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from usage_tracker.errors import MisuseError
from usage_tracker.forecast import student_t
from usage_tracker.forecast.spend_profile import (
    CONSTANTS,
    Constants,
    SpendProfile,
    fit_profile,
    hourly_spend,
    hours_with_spend,
)
from usage_tracker.ledger.arrays import Floats, SpendCurve

HORIZON_DAYS = 365


@dataclass(frozen=True, slots=True)
class SpendDistribution:
    """ln S(h) = centre + spread · t for the spend S of the next h = 1, 2, ... hours.

    t has Student's distribution with four degrees of freedom and a variance of one. `origin`
    is the moment it starts at (UTC ms), `days` the days of history behind it; `centre` (n,)
    and `spread` (n,) are natural logarithms of gateway units.
    """

    origin: int
    days: int
    centre: Floats
    spread: Floats

    def spend_quantile(self, p: float, hours: Floats) -> Floats:
        """Return the `p` quantile of the spend within each of `hours`, in units."""
        path = np.exp(np.maximum.accumulate(self.centre + student_t.quantile(p) * self.spread))
        return np.interp(hours, np.arange(len(path) + 1), np.concatenate(([0.0], path)))

    def probability(self, balance: int, hours: float) -> float:
        """Return the probability that `balance` (> 0, units) is spent within `hours`."""
        whole = min(int(hours), len(self.centre) - 1)
        before, after = self._probability(balance, whole), self._probability(balance, whole + 1)
        return before + (after - before) * min(hours - whole, 1)

    def wait_quantile(self, balance: int, p: float) -> float | None:
        """Return the hours within which `balance` (> 0, units) is spent with probability `p`.

        None if they exceed the hours of the distribution.
        """
        path = self.centre - student_t.quantile(p) * self.spread - math.log(balance)
        last = int(np.argmax(path >= 0))
        if path[last] < 0:
            return None
        start, end = np.exp(path[:last].max(initial=-np.inf)), np.exp(path[last])
        return last + float((1 - start) / (end - start))

    def _probability(self, balance: int, hours: int) -> float:
        odds = (self.centre[:hours] - math.log(balance)) / self.spread[:hours]
        return student_t.cdf(float(odds.max(initial=-np.inf)))


def fit(
    curve: SpendCurve, *, days: int = HORIZON_DAYS, constants: Constants = CONSTANTS
) -> SpendDistribution | None:
    """Fit the spend of the `days` after the last knot to the last 56 days of `curve`.

    None without a whole day of history, or if nothing was spent in those days.
    """
    hourly = hourly_spend(curve)
    if not len(hourly):
        return None
    profile = fit_profile(hourly, constants)
    noise = _level_noise(profile, hours_with_spend(curve), constants)
    return _distribution(int(curve.times[-1]), profile, noise, days, constants)


def _level_noise(profile: SpendProfile, hours: int, constants: Constants) -> float:
    """Return the variance of ln(level), known from spend seen in a number of `hours`."""
    return (
        constants.level_uncertainty * profile.scatter
        + constants.unseen_week * max(1 - profile.days / 7, 0)
        + constants.single_amount / max(hours, 1) ** 2
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Terms that depend only on how far ahead an hour is, each (hours,).

    `drift` is the variance by which the level has moved; `days` the days over which scatter
    averages out; `recent` the remaining weight of the present rate, and `mean_recent` its mean
    up to then; `growth` the days' worth of growth, whose slope halves within the memory's
    half-life.
    """

    drift: Floats
    days: Floats
    recent: Floats
    mean_recent: Floats
    growth: Floats


@functools.cache
def _grid(days: int, constants: Constants) -> _Grid:
    ahead = np.arange(1, 24 * days + 1) / 24
    slowing = 1 - 0.5 ** (ahead / constants.memory)
    faded = 1 - 0.5 ** (ahead / constants.fade)
    return _Grid(
        drift=constants.drift * ahead,
        days=np.maximum(ahead, constants.shortest),
        recent=0.5 ** ((ahead - 1 / 48) / constants.fade),
        mean_recent=faded / ahead * constants.fade / math.log(2),
        growth=constants.memory / math.log(2) * slowing,
    )


def _distribution(
    origin: int, profile: SpendProfile, level_noise: float, days: int, constants: Constants
) -> SpendDistribution:
    grid = _grid(days, constants)
    usual = (profile.factors[np.arange(days) % 7][:, None] * profile.share).ravel()
    mean = profile.level * np.cumsum(
        usual * np.exp(profile.recent_ratio * grid.recent + profile.growth * grid.growth)
    )
    days_noise = np.log1p(profile.scatter / grid.days)
    present = constants.present_uncertainty * profile.recent_ratio
    present_noise = (present * grid.mean_recent) ** 2
    spread = np.sqrt(days_noise + level_noise + present_noise + grid.drift)
    centre = np.log(mean) - constants.skew * days_noise
    return SpendDistribution(origin, profile.days, centre, spread)


class InvalidProbabilityError(MisuseError):
    """A probability that is not between 0 and 1, or too close to 1."""

    def __init__(self, p: float) -> None:
        super().__init__(f"{p:g} is not a probability: use a number between 0 and 1, such as 0.8")


def check_probability(p: float) -> float:
    """Return `p`; raise InvalidProbabilityError unless it lies strictly between 0 and 1."""
    if not 0 < p < (1 + p) / 2 < 1:
        raise InvalidProbabilityError(p)
    return p


def quantile_bounds(level: float) -> tuple[float, float]:
    """Return the quantiles that bound the central interval of probability `level`."""
    return (1 - check_probability(level)) / 2, (1 + level) / 2
