"""Measures of the forecast: each a mean over the forecasts of a history, then over histories."""

import numpy as np
import pandas as pd

from usage_tracker.forecast.spend_distribution import quantile_bounds

_CLASSES = 10
_NEEDED = 10


def mean(frame: pd.DataFrame, value: pd.Series) -> float:
    """Return the mean of `value` over the forecasts of each history, then over histories."""
    return float(value.groupby(frame["name"]).mean().mean())


def loss(frame: pd.DataFrame, *columns: str) -> float:
    """Return the pinball loss of ln waiting time at the ends of the 80% interval and the median."""
    low, median, high = columns or ("low_cut", "median_cut", "high_cut")
    total = pd.Series(0.0, frame.index)
    for quantile, column in ((0.1, low), (0.5, median), (0.9, high)):
        over = np.log(frame.truth) - np.log(frame[column])
        total += np.maximum(quantile * over, (quantile - 1) * over) / 3
    return mean(frame, total)


def median_error(frame: pd.DataFrame, column: str = "median_cut") -> float:
    """Return the median of |median - outcome| / outcome."""
    error = abs(frame[column] - frame.truth) / frame.truth
    return float(error.groupby(frame["name"]).median().mean())


def cut(frame: pd.DataFrame) -> float:
    """Return the coverage of the 80% interval, both cut at 30 days or the history's end."""
    held = (frame.low_cut - 1e-9 <= frame.truth) & (frame.truth <= frame.high_cut + 1e-9)
    return mean(frame, held)


def uncut(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the least and the greatest coverage of the 80% interval.

    Only balances of at most a third of the days left count. What the history does not decide
    counts as outside in the first number and as inside in the second.
    """
    chosen = short(frame)
    held = (chosen.low <= chosen.waited) & (chosen.waited <= chosen.high)
    undecided = (chosen.waited == np.inf) & (chosen.high >= chosen.left)
    return mean(chosen, held & ~undecided), mean(chosen, held | undecided)


def middle(frame: pd.DataFrame) -> float:
    """Return the middle of the two."""
    return float(np.mean(uncut(frame)))


def at_level(frame: pd.DataFrame, level: float) -> float:
    """Return the same for the interval of probability `level`."""
    chosen = short(frame)
    early, late = quantile_bounds(level)
    undecided = (chosen.waited == np.inf) & (chosen.p <= late)
    held = (chosen.waited < np.inf) & chosen.p.between(early, late)
    return mean(chosen, held + 0.5 * undecided)


def outside(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the shares of outcomes before `low` and after `high`, uncut."""
    chosen = short(frame)
    undecided = (chosen.waited == np.inf) & (chosen.high >= chosen.left)
    after = (chosen.waited > chosen.high) & ~undecided
    return mean(chosen, chosen.waited < chosen.low), mean(chosen, after)


def short(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the forecasts of balances of at most a third of the days left."""
    return frame[frame.days <= frame.left / 3]


def reliability(frame: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return by tenths of the chance stated: its mean, the share that came true, and the cases."""
    chosen = frame[frame[f"p{days}"].notna()]
    stated = chosen[f"p{days}"]
    tenth = np.minimum((stated * _CLASSES).astype(int), _CLASSES - 1)
    table = pd.DataFrame({"stated": stated, "true": chosen.waited <= days}).groupby(tenth)
    return table.agg(stated=("stated", "mean"), true=("true", "mean"), cases=("true", "size"))


def miscalibration(frame: pd.DataFrame, days: int) -> float:
    """Return the mean difference between stated and true, over tenths with ten cases or more."""
    table = reliability(frame, days)
    table = table[table.cases >= _NEEDED]
    return float(abs(table.stated - table.true).mean())
