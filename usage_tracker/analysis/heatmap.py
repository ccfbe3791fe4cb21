"""When in the week an account spends: the mean of each hour of each weekday."""

import datetime as dt

import numpy as np
import pandas as pd

from usage_tracker.analysis.coverage import Doubts
from usage_tracker.ledger.build import Ledger
from usage_tracker.times import DAY, HOUR

WEEKS = 8
"""How far back it is looked."""

_SHOWN = 0.5

Heat = tuple[tuple[float | None, ...], ...]


def by_weekday(ledger: Ledger, tz: dt.tzinfo) -> Heat:
    """Mean spend (units an hour) of the last 8 weeks: 7 weekdays from Monday on, by 24 hours.

    An hour of which less than half was watched does not count; None where none does.
    """
    edges = _hours(ledger)
    if len(edges) < 2:  # noqa: PLR2004
        return ()
    known = np.diff(Doubts.about(ledger, edges).known(edges)) >= _SHOWN * HOUR
    middles = pd.DatetimeIndex((edges[:-1] + HOUR // 2).astype("datetime64[ms]"), tz="UTC")
    local = middles.tz_convert(tz)
    cells = np.asarray(local.day_of_week * 24 + local.hour)[known]
    sums = np.bincount(cells, np.diff(ledger.curve.at(edges))[known], minlength=7 * 24).tolist()
    counts = np.bincount(cells, minlength=7 * 24).tolist()
    means = [total / n if n else None for total, n in zip(sums, counts, strict=True)]
    return tuple(tuple(means[day * 24 : day * 24 + 24]) for day in range(7))


def _hours(ledger: Ledger) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    times = ledger.readings.times
    if not len(times):
        return np.empty(0, np.int64)
    last = int(times[-1])
    hours = min((last - int(times[0])) // HOUR, WEEKS * 7 * DAY // HOUR)
    return last - HOUR * np.arange(hours, -1, -1, dtype=np.int64)
