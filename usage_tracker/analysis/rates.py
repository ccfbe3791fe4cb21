"""Rates: what was drawn from the balance in the hours and days before a moment, per day."""

from typing import Any, Final

import pandas as pd

from usage_tracker.ledger.uncertainty import LONGEST, is_rate_known

WINDOWS: Final = {
    "1h": pd.Timedelta("1h"),
    "24h": pd.Timedelta("1D"),
    "7d": pd.Timedelta("7D"),
    "30d": pd.Timedelta("30D"),
}


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
    """Return what was drawn per day in each row of `periods.totals`, in units (Float64).

    It is that over the time from the first to the last snapshot in the window. It is
    missing where that is less than half of the window, or where an uncertain interval at an
    edge could change it by more than a quarter.
    """
    length = totals["end"] - totals.index.get_level_values("start")
    days = totals["known"] * length.dt.total_seconds() / 86_400
    rate: pd.Series[Any] = totals["drawn"] / days
    is_known = is_rate_known(totals["known"], totals["in_doubt"], totals["drawn"])
    return rate.where(is_known.fillna(value=False))
