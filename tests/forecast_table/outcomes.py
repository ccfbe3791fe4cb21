"""Past forecasts of several histories with what came of them, one a row of a DataFrame.

At moments with a week of history and more, and in the first five days, the time until a balance
was spent is forecast from what was known then. Nothing is cut: a balance that outlasts the
history has an infinite `waited`, and `left` says how many days of the history were left.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from usage_tracker.forecast.folds import (
    MEAN_DAYS,
    MOMENTS,
    NAIVE_DAYS,
    days_until_spent,
    origins,
    rates,
)
from usage_tracker.forecast.inputs import ForecastInputs, prepare
from usage_tracker.forecast.spend_distribution import SpendDistribution
from usage_tracker.forecast.spend_profile import CONSTANTS, Constants
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY

Histories = dict[str, tuple[str, SpendCurve]]
YOUNG_DAYS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
CHANCE_DAYS = (7, 30)
CUT_DAYS = 30.0
_FORECASTS = ["low", "median", "high", *(f"naive{days}" for days in NAIVE_DAYS)]
_SHORTEST = 0.02
_FORECAST_DAYS = 120
_SILENT_SHARE = 0.1


def outcomes(histories: Histories, constants: Constants = CONSTANTS) -> pd.DataFrame:
    """Return the forecasts of `histories` with their outcomes; times are in days.

    `days` is the balance in mean days; `p` the probability stated of running out by `waited`, or
    by the history's end if it had not; `p7` and `p30` that of running out within as many days,
    unknown where fewer are left.
    """
    frame = pd.DataFrame(
        {"name": name, "group": group, **row}
        for name, (group, curve) in histories.items()
        for row in _rows(curve, constants)
    )
    return with_cut(frame)


def with_cut(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with outcomes and forecasts cut at 30 days or at the history's end."""
    cap = np.minimum(frame.left, CUT_DAYS)
    frame["truth"] = np.minimum(frame.waited, cap)
    frame = frame[frame.truth >= _SHORTEST]
    cap = cap[frame.index]
    for column in frame.columns.intersection(_FORECASTS):
        frame[f"{column}_cut"] = frame[column].clip(_SHORTEST, cap)
    return frame


def _rows(curve: SpendCurve, constants: Constants) -> Iterator[dict[str, float]]:
    first = int(curve.times[0])
    early = [first + int(days * DAY) for days in YOUNG_DAYS]
    moments = [(at, True) for at in early if at + DAY < curve.times[-1]]
    moments += [(at, False) for at in origins(curve, MOMENTS).tolist()]
    for at, young in moments:
        inputs = prepare(curve, at, days=_FORECAST_DAYS, constants=constants)
        if isinstance(inputs.distribution, SpendDistribution):
            for row in _at(curve, inputs, inputs.distribution):
                yield {"age": (inputs.origin - first) / DAY, "young": young, **row}


def _at(
    curve: SpendCurve, inputs: ForecastInputs, distribution: SpendDistribution
) -> Iterator[dict[str, float]]:
    ahead = curve.since(inputs.origin)
    left = (int(curve.times[-1]) - inputs.origin) / DAY
    means = rates(inputs.recent)
    for days in MEAN_DAYS:
        balance = int(days * means[-1])
        if balance <= 0 or days > left:
            continue
        waited = days_until_spent(ahead, balance)
        wait = (distribution.wait_quantile(balance, p) for p in (0.1, 0.5, 0.9))
        low, median, high = (np.inf if hours is None else hours / 24 for hours in wait)
        naive = {
            f"naive{n}": balance / rate if rate else np.inf
            for n, rate in zip(NAIVE_DAYS, means, strict=True)
        }
        yield {
            "days": days,
            "left": left,
            "waited": waited,
            "low": low,
            "median": median,
            "high": high,
            **naive,
            "silent": means[0] < _SILENT_SHARE * means[1],
            "p": distribution.probability(balance, 24 * min(waited, left)),
            **{
                f"p{n}": distribution.probability(balance, 24 * n) if n <= left else np.nan
                for n in CHANCE_DAYS
            },
        }
