"""The spend profile of an account: level, growth, weekdays, hours and the present rate.

Time is counted back from the origin, the last snapshot, in blocks of 24 and 168 hours,
so that neither time zones nor clock changes matter. `docs/forecast.md` derives the
formulas and names their sources.
"""

import math
from dataclasses import dataclass

import numpy as np

from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.times import DAY, HOUR

HISTORY_DAYS = 56
_LEAST_GROWTH_DAYS = 14


@dataclass(frozen=True, slots=True)
class Constants:
    """Constants of the forecast, the same for every account; half-lives are in days.

    Measured on 64 histories; the section "Constants" of `docs/forecast.md` shows what each
    changes when it is halved or doubled.
    """

    memory: float = 7.0
    """Half-life with which the past counts for the level, the hours and the scatter."""
    recent_hours: float = 10.0
    """Half-life with which the past counts for the present rate, in hours."""
    fade: float = 2.0
    """Half-life with which the present rate returns to the usual one, ahead."""
    floor_share: float = 0.2
    """Share of the usual rate added to the present one, so that a pause is not taken as the end."""
    scatter_cap: float = 9.0
    """Largest squared coefficient of variation of a day's spend."""
    prior_scatter: float = 0.25
    """Squared coefficient of variation expected before any day is seen; counts as one day."""
    level_uncertainty: float = 0.8
    """Share of a day's scatter by which the level itself is uncertain."""
    unseen_week: float = 0.8
    """Variance of ln(level) before any day of a week is seen; falls to zero within the week."""
    single_amount: float = 2.0
    """Variance of ln(level) known from one hour with new spend; falls with their number squared."""
    present_uncertainty: float = 1.5
    """Standard deviation of the effect of the present rate, in parts of that effect."""
    rebound: float = 0.5
    """Share of its logarithmic distance below the mean of all days that a low level regains."""
    drift: float = 1 / 300
    """Variance by which the log level moves in a day."""
    skew: float = 0.25
    """How far the median is below the mean, in parts of the log variance of a mean day."""
    shortest: float = 0.25
    """Shortest span in days over which the scatter still depends on the length."""
    least_day: float = 0.05
    """Least share of a mean day that a weekday is expected to take."""
    growth_memory: float = 14.0
    """Half-life with which the past counts for growth."""
    growth_errors: float = 4.0
    """Standard errors that growth must exceed to be used."""


CONSTANTS = Constants()


@dataclass(frozen=True, slots=True)
class SpendProfile:
    """The usual day of an account, and how far the present rate is from it.

    Attributes:
        level: Spend of a mean day now, in units.
        growth: Change of ln(level) in a day, at first: sustained growth and the rebound.
        factors: Each day of the coming week relative to a mean day, (7,).
        share: Share of each hour in a day's spend, (24,).
        recent_ratio: ln of the present rate over the usual one.
        scatter: Squared coefficient of variation of a day's spend.
        days: Length of the history.
    """

    level: float
    growth: float
    factors: Floats
    share: Floats
    recent_ratio: float
    scatter: float
    days: int


def hourly_spend(curve: SpendCurve) -> Floats:
    """Return the spend of the hours before the last knot: (whole days, 24), newest day first.

    Days before the first spend are left out: the account was not in use yet.
    """
    origin = int(curve.times[-1])
    days = min((origin - int(curve.times[0])) // DAY, HISTORY_DAYS)
    edges = origin - HOUR * np.arange(24 * days, -1, -1, dtype=np.int64)
    spent = curve.since(int(edges[0])).at(edges)
    # Requests in flight may lower it for a while where the balance tells what was drawn.
    hourly = np.diff(np.maximum.accumulate(spent)).reshape(-1, 24)[::-1]
    return hourly[: int(np.flatnonzero(hourly.any(axis=1)).max(initial=-1)) + 1]


def hours_with_spend(curve: SpendCurve) -> int:
    """Return in how many hours before the last knot a snapshot first shows new spend."""
    edges = curve.hour_edges(24 * HISTORY_DAYS)
    return int(np.count_nonzero(np.diff(curve.last_seen(edges))))


def fit_profile(hourly: Floats, constants: Constants = CONSTANTS) -> SpendProfile:
    """Return the profile of `hourly` (n, 24), newest day first and not all zero."""
    daily = hourly.sum(axis=1)
    days = np.arange(len(daily))
    weights = _decay(len(daily), constants.memory)
    factors = np.maximum(week_factors(daily), constants.least_day)
    usual = factors[days % 7]
    growth = fit_growth(daily / usual, constants)
    grown = usual * np.exp(-growth * (days + 0.5))
    level = float(weights @ daily / (weights @ grown))
    share = hour_shares(hourly, weights)
    return SpendProfile(
        level=level,
        growth=growth + _rebound(daily, grown, level, constants),
        # Day d ahead falls on the weekday of the block 6 - d behind.
        factors=factors[::-1],
        share=share,
        recent_ratio=_recent_ratio(hourly / level, grown[:, None] * share, constants),
        scatter=_scatter(daily, usual, weights, constants),
        days=len(daily),
    )


def week_factors(daily: Floats) -> Floats:
    """Return the spend of each weekday relative to a mean day: seven factors of mean 1.

    `daily` (n,) is the spend of whole days, newest first; factor i is for the days
    i, i + 7, ... of it. All are 1 below two weeks. Deviations from 1 are shrunk by the
    positive-part James-Stein estimator: to zero if the weeks disagree.
    """
    weeks = daily[: len(daily) // 7 * 7].reshape(-1, 7)
    weeks = weeks[weeks.any(axis=1)]
    if len(weeks) <= 1:
        return np.ones(7)
    relative = weeks / weeks.mean(axis=1, keepdims=True)
    mean = relative.mean(axis=0)
    seen = float(((mean - 1) ** 2).mean())
    noise = float(relative.var(axis=0, ddof=1).mean()) / len(weeks)
    return np.asarray(1 + (mean - 1) * (max(seen - noise, 0) / seen if seen else 0))


def fit_growth(daily: Floats, constants: Constants = CONSTANTS) -> float:
    """Return the daily growth of ln(`daily`), (n,), newest first and not all zero.

    The slope of a weighted line, shrunk by Breiman's garrote: to zero unless it is
    several standard errors steep. Zero below two weeks, and never negative: a pause looks
    like a decline, and a forecast that followed it would be too late when spend resumes.
    """
    count = len(daily)
    if count < _LEAST_GROWTH_DAYS:
        return 0.0
    weights = _decay(count, constants.growth_memory)
    weights /= weights.sum()
    age = np.arange(count) - weights @ np.arange(count)
    height = np.log(daily / daily.mean() + constants.floor_share)
    height -= weights @ height
    slope = -float(weights @ (age * height) / (weights @ age**2))
    rest = float(weights @ (height + slope * age) ** 2 / (weights @ age**2))
    error = rest / (1 / float(weights @ weights) - 2)
    return slope * max(1 - constants.growth_errors**2 * error / slope**2, 0) if slope > 0 else 0.0


def hour_shares(hourly: Floats, weights: Floats) -> Floats:
    """Return the share of each of the 24 hours in a day's spend; they sum to 1.

    `hourly` (n, 24) is the spend of the past days, `weights` (n,) the weight of each.
    One even day is mixed in, so that a short history has little effect.
    """
    spent = weights @ hourly
    days = len(hourly)
    return np.asarray((days * spent / spent.sum() + 1 / 24) / (days + 1))


def _rebound(daily: Floats, grown: Floats, level: float, constants: Constants) -> float:
    """Return the daily change of ln(`level`) that starts the way back to the usual level.

    The usual level is the mean of all days, at most 56. A level above it is not lowered: usage
    that has grown mostly stays, whereas a pause ends.
    """
    usual = float(daily.sum() / grown.sum())
    slope = math.log(2) / constants.memory
    return constants.rebound * slope * max(math.log(usual / level), 0)


def _decay(count: int, half_life: float) -> Floats:
    return np.asarray(0.5 ** ((np.arange(count) + 0.5) / half_life))


def _recent_ratio(hourly: Floats, usual: Floats, constants: Constants) -> float:
    """Return ln of the present rate over the usual one; both (n, 24), in mean days."""
    weights = _decay(hourly.size, constants.recent_hours)
    present = float(weights @ hourly[:, ::-1].ravel() / (weights @ usual[:, ::-1].ravel()))
    return float(np.log((present + constants.floor_share) / (1 + constants.floor_share)))


def _scatter(daily: Floats, usual: Floats, weights: Floats, constants: Constants) -> float:
    """Return the squared coefficient of variation of a day's spend, (n,); `usual` in mean days.

    Growth stays in it, as it may end any day. The expected scatter is mixed in as one more
    day, because few days that happen to be alike do not prove that all are.
    """
    relative = daily * (weights @ usual) / (weights @ daily)
    seen = float(weights @ (relative - usual) ** 2 / (weights @ usual**2))
    days = float(weights.sum() ** 2 / (weights @ weights))
    return min(seen, constants.scatter_cap) + constants.prior_scatter / days
