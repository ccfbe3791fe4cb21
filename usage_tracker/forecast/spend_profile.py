"""What an account's past teaches: its usual day, its week, its hours, and how it is now.

Time is counted back from the origin, the last snapshot, in blocks of 24 and 168 hours,
so that neither time zones nor clock changes matter. `docs/forecast.md` derives the
formulas and names their sources.
"""

from dataclasses import dataclass

import numpy as np

from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.times import DAY, HOUR

LEARNT_DAYS = 56
_LEAST_GROWTH_DAYS = 14


@dataclass(frozen=True, slots=True)
class Constants:
    """What is the same for every account. Half-lives in days unless named otherwise."""

    memory: float = 7.0
    """Half-life with which the past counts for the level, the hours and the scatter."""
    recent_hours: float = 10.0
    """Half-life with which the past counts for the present rate, in hours."""
    fade: float = 2.0
    """Half-life with which the present rate gives way to the usual one, ahead."""
    doubt: float = 0.1
    """Share of the usual rate added to the present one: silence is never the end."""
    scatter_cap: float = 9.0
    """Largest squared coefficient of variation of a day's spend."""
    youth: float = 0.5
    """Extra coefficient of variation of a history of one day; falls with its length."""
    level_doubt: float = 0.4
    """Share of a day's scatter by which the level itself is uncertain."""
    level_youth: float = 4.0
    """Days of history at which that share is still twice as large."""
    drift: float = 1 / 300
    """Variance by which the log level moves in a day."""
    skew: float = 0.25
    """How far the median lies under the mean, in parts of the log variance of a mean day."""
    shortest: float = 0.25
    """Spend within less than this many days scatters no more than within it."""
    least_day: float = 0.05
    """No weekday is expected to take less than this share of a mean day."""
    growth_memory: float = 14.0
    """Half-life with which the past counts for growth."""
    growth_errors: float = 4.0
    """Standard errors that growth must exceed to be followed at all."""


CONSTANTS = Constants()


@dataclass(frozen=True, slots=True)
class Habits:
    """What the past teaches: the usual day, and how far the present is from it.

    `level` is the spend of a mean day now in units, `growth` that of its logarithm in a day,
    `factors` (7,) what each day of the coming week takes beside it, `share` (24,) how
    a day falls on its hours, `pull` ln of the present rate over the usual one, `scatter` the
    squared coefficient of variation of a day's spend, `days` the length of the history.
    """

    level: float
    growth: float
    factors: Floats
    share: Floats
    pull: float
    scatter: float
    days: int


def hours_behind(curve: SpendCurve) -> Floats:
    """Spend of the hours behind the last knot of `curve`: (whole days, 24), newest day first.

    Days before the first spend say nothing about an account in use and are left out.
    """
    origin = int(curve.times[-1])
    days = min((origin - int(curve.times[0])) // DAY, LEARNT_DAYS)
    edges = origin - HOUR * np.arange(24 * days, -1, -1, dtype=np.int64)
    spent = curve.since(int(edges[0])).at(edges)
    hourly = np.diff(spent).reshape(-1, 24)[::-1]
    return hourly[: int(np.flatnonzero(hourly.any(axis=1)).max(initial=-1)) + 1]


def habits(hourly: Floats, constants: Constants = CONSTANTS) -> Habits:
    """What `hourly` (n, 24), newest day first and not all zero, teaches."""
    daily = hourly.sum(axis=1)
    days = np.arange(len(daily))
    weights = _fading(len(daily), constants.memory)
    factors = np.maximum(week_factors(daily), constants.least_day)
    usual = factors[days % 7]
    growth = find_growth(daily / usual, constants)
    grown = usual * np.exp(-growth * (days + 0.5))
    level = float(weights @ daily / (weights @ grown))
    share = hour_shares(hourly, weights)
    return Habits(
        level=level,
        growth=growth,
        # Day d ahead falls on the weekday of the block 6 - d behind.
        factors=factors[::-1],
        share=share,
        pull=_pull(hourly / level, grown[:, None] * share, constants),
        scatter=_scatter(daily, usual, weights, constants),
        days=len(daily),
    )


def week_factors(daily: Floats) -> Floats:
    """What the days of a week take beside a mean day: seven factors of mean 1.

    `daily` (n,) is the spend of whole days, newest first; factor i is for the days
    i, i + 7, ... of it. All are 1 below two weeks. Deviations from 1 are shrunk as
    James and Stein do, positive part: to nothing when the weeks disagree.
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


def find_growth(daily: Floats, constants: Constants = CONSTANTS) -> float:
    """By how much ln of `daily` (n,), newest first and not all zero, grows in a day.

    The slope of a weighted line, shrunk by Breiman's garrote: to nothing unless it is
    several standard errors steep. 0 below two weeks, and never less: an account that
    pauses looks like one that dwindles, and would surprise when it goes on.
    """
    count = len(daily)
    if count < _LEAST_GROWTH_DAYS:
        return 0.0
    weights = _fading(count, constants.growth_memory)
    weights /= weights.sum()
    age = np.arange(count) - weights @ np.arange(count)
    height = np.log(daily / daily.mean() + constants.doubt)
    height -= weights @ height
    slope = -float(weights @ (age * height) / (weights @ age**2))
    rest = float(weights @ (height + slope * age) ** 2 / (weights @ age**2))
    error = rest / (1 / float(weights @ weights) - 2)
    return slope * max(1 - constants.growth_errors**2 * error / slope**2, 0) if slope > 0 else 0.0


def hour_shares(hourly: Floats, weights: Floats) -> Floats:
    """How a day's spend falls on its 24 hours: shares of sum 1.

    `hourly` (n, 24) is the spend of the past days, `weights` (n,) what each day counts.
    One day without any habit is mixed in, so that a short history claims little.
    """
    spent = weights @ hourly
    days = len(hourly)
    return np.asarray((days * spent / spent.sum() + 1 / 24) / (days + 1))


def _fading(count: int, half_life: float) -> Floats:
    return np.asarray(0.5 ** ((np.arange(count) + 0.5) / half_life))


def _pull(hourly: Floats, usual: Floats, constants: Constants) -> float:
    """Ln of the present rate over the usual one; both (n, 24), in mean days."""
    weights = _fading(hourly.size, constants.recent_hours)
    present = float(weights @ hourly[:, ::-1].ravel() / (weights @ usual[:, ::-1].ravel()))
    return float(np.log((present + constants.doubt) / (1 + constants.doubt)))


def _scatter(daily: Floats, usual: Floats, weights: Floats, constants: Constants) -> float:
    """The squared coefficient of variation of a day's spend; all (n,), `usual` in mean days.

    Growth is not taken out of it: it may end any day.
    """
    relative = daily * (weights @ usual) / (weights @ daily)
    seen = float(weights @ (relative - usual) ** 2 / (weights @ usual**2))
    return min(seen, constants.scatter_cap) + (constants.youth / len(daily)) ** 2
