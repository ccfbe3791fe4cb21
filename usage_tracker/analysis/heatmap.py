"""When in the week an account spends: the mean of each hour of each weekday."""

import datetime as dt
from typing import Final

import pandas as pd

from usage_tracker.analysis import periods

WEEKS: Final = 8
"""The number of weeks before the last snapshot that count."""

_LEAST_COVERAGE: Final = 0.5


def by_weekday(snapshots: pd.DataFrame, events: pd.DataFrame, tz: dt.tzinfo) -> pd.DataFrame:
    """Return the mean spend of the hours of a week: 7 rows, Monday first, of 24 columns.

    Units per hour (Float64), missing where no hour is known. `snapshots` and `events` of one
    account are those of `periods.totals`; an hour of which less than half is covered does not
    count.
    """
    first, last = snapshots["captured_at"].iloc[[0, -1]]
    start = max(first, last - pd.Timedelta(weeks=WEEKS))
    hours = pd.date_range(end=last, periods=(last - start) // pd.Timedelta("1h") + 1, freq="1h")
    if len(hours) <= 1:
        return pd.DataFrame(index=range(7), columns=range(24), dtype="Float64")
    known = periods.totals(snapshots, events, periods.spans(hours.as_unit("ms")), last)
    known = known[known["coverage"] >= _LEAST_COVERAGE]
    start_of_hour = pd.DatetimeIndex(known.index.get_level_values("start"))
    middle = (start_of_hour + pd.Timedelta("30min")).tz_convert(tz)
    means = pd.pivot_table(
        pd.DataFrame({"day": middle.day_of_week, "hour": middle.hour, "spend": known["spend"]}),
        *("spend", "day", "hour"),
    )
    return means.reindex(index=range(7), columns=range(24))
