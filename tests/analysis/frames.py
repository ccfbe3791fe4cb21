"""What `analysis.periods` takes, made of a ledger; and its totals, by start."""

import numpy as np
import pandas as pd

from usage_tracker import dataframes
from usage_tracker.analysis import periods
from usage_tracker.analysis.calendar import timestamps
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.build import Ledger


def totals(ledger: Ledger, edges: Int64s, as_of: int) -> pd.DataFrame:
    return of_spans(ledger, periods.spans(timestamps(edges)), as_of)


def window(ledger: Ledger, since: int, until: int, as_of: int) -> "pd.Series[int]":
    return totals(ledger, np.array([since, until]), as_of).iloc[0]


def of_spans(ledger: Ledger, spans: pd.DataFrame, as_of: int) -> pd.DataFrame:
    ledgers = {"a": ledger}
    snapshots, events = dataframes.of_ledgers(ledgers), dataframes.of_ledger_events(ledgers)
    found = periods.totals(snapshots, events, spans, timestamps([as_of])[0])
    return found.droplevel("account")


def plain(column: "pd.Series[int]") -> list[int | None]:
    known = zip(column.tolist(), column.isna(), strict=True)
    return [None if missing else int(value) for value, missing in known]
