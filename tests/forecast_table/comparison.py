"""The forecast beside forecasts by libraries, on the same moments and balances.

    python -m venv compare
    compare/bin/pip install . statsforecast prophet
    compare/bin/python -m tests.forecast_table.comparison [DIRECTORY]

The libraries are not installed for development: only those that are there are compared.
Each method gets the spend of the last whole days, at most 56, counted back from the moment, and
a weekly season from two weeks on; its answer is turned into the time until a balance is spent.
statsforecast gives intervals day by day and not how far the days move together, so
each model is tried with independent days and with days that move as one. Prophet and the
bootstrap, which draws from the past days, give sample paths.
"""

import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.forecast.histories import TRACES, traces
from tests.forecast_table import measures
from tests.forecast_table.outcomes import with_cut
from tests.forecast_table.tables import heading, row
from usage_tracker.forecast.folds import days_until_spent, origins, rates
from usage_tracker.forecast.inputs import ForecastInputs, prepare
from usage_tracker.forecast.spend_distribution import SpendDistribution
from usage_tracker.forecast.spend_profile import HISTORY_DAYS
from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.times import DAY

MOMENTS = 8
MEAN_DAYS = (1, 3, 7, 14)
_HORIZON = 90
_PATHS = 300
_Z = 1.2816
_WEEK = 7
Wait = Callable[[int], tuple[float, float, float]]
"""Returns for a balance in units the days until it is spent: low, median and high."""
Method = Callable[[ForecastInputs], Wait]


def ours(inputs: ForecastInputs) -> Wait:
    """Return the waiting times of this project's forecast."""
    fitted = prepare(inputs.recent, inputs.as_of).distribution
    assert isinstance(fitted, SpendDistribution)

    def wait(balance: int) -> tuple[float, float, float]:
        hours = (fitted.wait_quantile(balance, p) for p in (0.1, 0.5, 0.9))
        low, median, high = (np.inf if each is None else each / 24 for each in hours)
        return low, median, high

    return wait


def mean_rate(inputs: ForecastInputs, *, column: int) -> Wait:
    """Return those of the mean rate of the last 1, 7 or 28 days: no interval."""
    rate = rates(inputs.recent)[column]
    return lambda balance: (balance / rate if rate else np.inf,) * 3


def bootstrap(inputs: ForecastInputs) -> Wait:
    """Return those of days drawn from the past ones."""
    random = np.random.default_rng(1)
    return _of_paths(random.choice(_daily(inputs), (_PATHS, _HORIZON)))


def stats_model(inputs: ForecastInputs, *, name: str, together: bool) -> Wait:
    """Return those of a model of statsforecast."""
    daily = _daily(inputs)
    season = _WEEK if len(daily) >= 2 * _WEEK else 1
    model: Any = getattr(import_module("statsforecast.models"), name)(season_length=season)
    answer = model.forecast(y=daily, h=_HORIZON, level=[80])
    centre, high = (np.asarray(answer[key], dtype=float) for key in ("mean", "hi-80"))
    error = (high - centre) / _Z
    spread = np.cumsum(error) if together else np.sqrt(np.cumsum(error**2))
    paths = np.cumsum(centre) + _Z * np.array([[-1], [0], [1]]) * spread
    late, middle, early = (np.maximum.accumulate(np.maximum(path, 0)) for path in paths)
    return lambda balance: (_reach(early, balance), _reach(middle, balance), _reach(late, balance))


def prophet(inputs: ForecastInputs) -> Wait:
    """Return those of Prophet's sample paths."""
    daily = _daily(inputs)
    np.random.seed(1)  # noqa: NPY002  (Prophet draws from the global generator)
    model: Any = import_module("prophet").Prophet(
        weekly_seasonality=len(daily) >= 2 * _WEEK,
        daily_seasonality=False,
        yearly_seasonality=False,
        uncertainty_samples=_PATHS,
    )
    model.fit(pd.DataFrame({"ds": pd.date_range("2026-01-01", periods=len(daily)), "y": daily}))
    future = model.make_future_dataframe(_HORIZON, include_history=False)
    return _of_paths(np.maximum(model.predictive_samples(future)["yhat"].T, 0))


def methods() -> dict[str, Method]:
    """Return every method that can be run here by name."""
    found: dict[str, Method] = {"this forecast": ours, "bootstrap of days": bootstrap}
    if find_spec("statsforecast"):
        for name in ("AutoETS", "AutoTheta"):
            for together, days in ((False, "independent"), (True, "as one")):
                method = partial(stats_model, name=name, together=together)
                found[f"{name}, days {days}"] = method
    if find_spec("prophet"):
        found["Prophet"] = prophet
    for column, days in enumerate(("24 hours", "7 days", "28 days")):
        found[f"mean rate of {days}"] = partial(mean_rate, column=column)
    return found


def compare(histories: dict[str, tuple[str, SpendCurve]]) -> Iterator[str]:
    """Yield the table, the smallest loss first."""
    names = ("loss", "cut", "uncut", "before `low`", "after `high`", "median error", "ms")
    yield from heading("method", *names)
    tried = {name: _outcomes(histories, method) for name, method in methods().items()}
    for name, frame in sorted(tried.items(), key=lambda item: measures.loss(item[1])):
        cells = [f"{measures.loss(frame):.3f}", *[""] * 4]
        if not name.startswith("mean rate"):
            covered = measures.cut(frame), measures.middle(frame), *measures.outside(frame)
            cells[1:] = [f"{cell:.2f}" for cell in covered]
        yield row(name, *cells, f"{measures.median_error(frame):.2f}", f"{frame.ms.median():.1f}")


def _outcomes(histories: dict[str, tuple[str, SpendCurve]], method: Method) -> pd.DataFrame:
    rows = [
        {"name": name, **each}
        for name, (_, curve) in histories.items()
        for at in origins(curve, MOMENTS).tolist()
        for each in _at(curve, prepare(curve, at), method)
    ]
    return with_cut(pd.DataFrame(rows))


def _at(curve: SpendCurve, inputs: ForecastInputs, method: Method) -> Iterator[dict[str, float]]:
    if not isinstance(inputs.distribution, SpendDistribution):
        return
    ahead, left = curve.since(inputs.origin), (int(curve.times[-1]) - inputs.origin) / DAY
    started = time.perf_counter()
    wait = method(inputs)
    ms = 1000 * (time.perf_counter() - started)
    for days in MEAN_DAYS:
        balance = int(days * rates(inputs.recent)[-1])
        if balance > 0 and days <= left:
            low, median, high = wait(balance)
            answer = {"low": low, "median": median, "high": high, "ms": ms}
            yield {"days": days, "left": left, "waited": days_until_spent(ahead, balance), **answer}


def _daily(inputs: ForecastInputs) -> Floats:
    """Return the spend of the last whole days, oldest first."""
    days = min((inputs.origin - int(inputs.recent.times[0])) // DAY, HISTORY_DAYS)
    edges = inputs.origin - DAY * np.arange(days, -1, -1, dtype=np.int64)
    return np.diff(inputs.recent.at(edges))


def _of_paths(daily: Floats) -> Wait:
    paths = np.cumsum(daily, axis=1)

    def wait(balance: int) -> tuple[float, float, float]:
        waits = [_reach(path, balance) for path in paths]
        low, median, high = np.quantile(waits, (0.1, 0.5, 0.9), method="nearest")
        return float(low), float(median), float(high)

    return wait


def _reach(path: Floats, balance: int) -> float:
    """Return the days until `path`, the spend at the end of each day, reaches `balance`."""
    after = int(np.searchsorted(path, balance))
    if after == len(path):
        return float("inf")
    before = path[after - 1] if after else 0.0
    return after + float((balance - before) / (path[after] - before))


def main(directory: Path) -> None:
    """Print the table for the histories in `directory`."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    sys.stdout.write("\n".join(compare(traces(directory))) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TRACES)
