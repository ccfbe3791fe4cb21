"""The burn-down: the balance at moments that are finer than the periods, for charts."""

import pandas as pd


def balances(snapshots: pd.DataFrame, moments: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the balance as last seen at each of `moments`, each snapshot once.

    `snapshots` of one account as in `periods.totals`. The result has the columns captured_at
    (UTC) and quota (Int64 units).
    """
    seen = snapshots["captured_at"].searchsorted(moments, side="right") - 1
    return snapshots.iloc[pd.unique(seen[seen >= 0])][["captured_at", "quota"]]
