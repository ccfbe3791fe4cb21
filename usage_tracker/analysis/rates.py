"""Spend rates: what was spent in the hours and days before a moment, and that per day."""

from typing import Any, Final

import pandas as pd

from usage_tracker.analysis.periods import LONGEST

WINDOWS: Final = {
    "1h": pd.Timedelta("1h"),
    "24h": pd.Timedelta("1D"),
    "7d": pd.Timedelta("7D"),
    "30d": pd.Timedelta("30D"),
}

_LEAST_KNOWN: Final = 0.5
"""The share of its window that the history must reach over for a rate to be known."""

_MOST_IN_DOUBT: Final = 0.25
"""The share of a rate that uncertain intervals at the edges of its window may change."""


def windows(until: pd.Timestamp) -> pd.DataFrame:
    """Return the windows before `until` as spans (see `periods.totals`), named in `span`."""
    lengths = pd.Series(WINDOWS.values())
    return pd.DataFrame(
        {
            "start": until - lengths,
            "end": until,
            "longest": lengths * LONGEST,
            "span": list(WINDOWS),
        }
    )


def per_day(totals: pd.DataFrame) -> "pd.Series[Any]":
    """Return the spend per day of each row of `periods.totals`, in units (Float64).

    It is the spend over the time from the first to the last snapshot in the window. It is
    missing where that is less than half of the window, or where an uncertain interval at an
    edge could change it by more than a quarter.
    """
    is_certain = totals["in_doubt"] <= _MOST_IN_DOUBT * totals["spend"]
    length = totals["end"] - totals.index.get_level_values("start")
    days = totals["known"] * length.dt.total_seconds() / 86_400
    rate: pd.Series[Any] = totals["spend"] / days
    return rate.where((totals["known"] >= _LEAST_KNOWN) & is_certain.fillna(value=False))
