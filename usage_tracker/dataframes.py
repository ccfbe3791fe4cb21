"""Histories as tidy DataFrames, and back.

A row is one observation, indexed by its moment: aware, in UTC and in milliseconds, as the
database keeps it (`datetime64[ms, UTC]`), but for periods, which begin where the calendar
of their zone says. Amounts are whole gateway units, nullable where they may be unknown;
their worth in dollars is the column `usd`. `attrs` tells the account, its units to the
dollar and what each column counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from usage_tracker.analysis.calendar import timestamps
from usage_tracker.errors import MisuseError
from usage_tracker.forecast.depletion import FanPoint
from usage_tracker.ledger.arrays import (
    UNKNOWN,
    Floats,
    Int64s,
    SnapshotArrays,
    saturating_sum,
)
from usage_tracker.ledger.build import Ledger
from usage_tracker.ledger.events import Event
from usage_tracker.money import SUM_TOO_LARGE, usd
from usage_tracker.times import iso, to_ms

_COUNTERS = ("quota", "used_quota")
_COLUMNS = ("captured_at", *_COUNTERS, "request_count")

AMOUNTS = (
    "spend", "covered", "uncounted", "drawn", "top_ups", "refunds", "adjustments", "opening",
    "closing", "in_flight",
)  # fmt: skip
"""The columns of periods that are amounts of gateway units."""

_LARGEST = np.iinfo(np.int64).max
_UNITS = {
    "quota": "gateway units",
    "used_quota": "gateway units",
    "request_count": "requests",
    **dict.fromkeys(AMOUNTS, "gateway units"),
    "requests": "requests",
    "usd": "USD",
    **{f"{name}_usd": "USD" for name in AMOUNTS},
    "coverage": "share of the period's time",
}


class UnusableFrameError(MisuseError):
    """A DataFrame from which no history can be made."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"this DataFrame is not a history: {what} (columns: captured_at with a time zone, "
            "quota, used_quota and, if known, request_count)"
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose figures a frame holds, and how many of its units make a dollar."""

    account: str
    quota_per_unit: float

    def sign(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` with its origin and the units of its columns written into `attrs`."""
        return sign(frame, self.account, self.quota_per_unit)

    def usd(self, amounts: Iterable[int | None]) -> Floats:
        """The worth of each of `amounts` in dollars, rounded to six places; NaN where unknown."""
        worth = (np.nan if units is None else usd(units, self.quota_per_unit) for units in amounts)
        return np.fromiter(worth, np.float64)


def sign(frame: pd.DataFrame, account: object, quota_per_unit: object) -> pd.DataFrame:
    """Return `frame` with whose figures it holds, and their units, written into `attrs`."""
    frame.attrs = {
        "account": account,
        "quota_per_unit": quota_per_unit,
        "units": {name: _UNITS[name] for name in frame.columns if name in _UNITS},
    }
    return frame


def joined(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the frames of several accounts as one, with the column `account` in front."""
    frame = pd.concat([each.assign(account=name) for name, each in frames.items()])
    frame.insert(0, "account", frame.pop("account").astype("str"))
    return frame


def of_snapshots(readings: SnapshotArrays, origin: Origin) -> pd.DataFrame:
    """quota, used_quota (int64) and request_count (Int64), by captured_at (UTC)."""
    index = timestamps(readings.times).rename("captured_at")
    frame = pd.DataFrame({"quota": readings.quota, "used_quota": readings.used}, index=index)
    counts = _counts_of(readings)
    frame["request_count"] = pd.arrays.IntegerArray(counts, counts == UNKNOWN)
    return origin.sign(frame)


def of_events(events: Sequence[Event], origin: Origin) -> pd.DataFrame:
    """A row an event: kind (str), quota (Int64), usd (float64), after (UTC), confirmed (bool).

    By at (UTC).
    """
    index = timestamps(np.array([event.at for event in events], np.int64)).rename("at")
    after = np.array([event.after for event in events], np.int64)
    amounts = [event.amount for event in events]
    frame = pd.DataFrame(
        {
            "kind": pd.array([event.kind for event in events], dtype="str"),
            "quota": pd.array(amounts, dtype="Int64"),
            "usd": origin.usd(amounts),
            "after": timestamps(after),
            "confirmed": np.array([event.confirmed for event in events], np.bool_),
        },
        index=index,
    )
    return origin.sign(frame)


def of_periods(totals: pd.DataFrame, quota_per_unit: Mapping[str, float]) -> pd.DataFrame:
    """Return the totals of periods (see `analysis.periods`) with their worth in dollars.

    `usd` is the worth of the spend, `<name>_usd` that of each other amount; `account` is a
    column.
    """
    frame = totals.drop(columns=["known", "in_doubt"]).reset_index()
    units = frame["account"].map(quota_per_unit).tolist()
    for name in AMOUNTS:
        place = list(frame.columns).index(name) + 1
        column = "usd" if name == "spend" else f"{name}_usd"
        frame.insert(place, column, worth(frame[name], units))
    return frame


def of_ledgers(ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    """Return account, captured_at (UTC), quota, spent, covered, uncounted and request_count.

    Ascending by captured_at; the amounts are Int64 and those in the middle cumulative.
    """
    readings = [ledger.readings for ledger in ledgers.values()]
    times = _joined(each.times for each in readings)
    counts = _joined(_counts_of(each) for each in readings)
    accounts = np.repeat(np.array(list(ledgers), object), [len(each) for each in readings])
    frame = pd.DataFrame(
        {
            "account": pd.array(accounts, dtype="str"),
            "captured_at": timestamps(times),
            "quota": _column(each.quota for each in readings),
            "spent": _column(each.curve.spent for each in ledgers.values()),
            "covered": _column(each.covered for each in ledgers.values()),
            "uncounted": _column(each.uncounted for each in ledgers.values()),
            "request_count": pd.arrays.IntegerArray(counts, counts == UNKNOWN),
        }
    )
    return frame if len(ledgers) == 1 else frame.iloc[np.argsort(times, kind="stable")]


def _column(parts: Iterable[Int64s]) -> pd.arrays.IntegerArray:
    return pd.array(_joined(parts), dtype="Int64")


def _joined(parts: Iterable[Int64s]) -> Int64s:
    return np.concatenate([np.empty(0, np.int64), *parts])


def of_ledger_events(ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    """Return account, kind (str), after, at (UTC) and quota (Int64) of all events, by at.

    `quota` is the ledger's: what a gap held, what a reset took from the counter.
    """
    found = sorted(
        (event.at, event.after, event.kind, event.quota, name)
        for name, ledger in ledgers.items()
        for event in ledger.events
    )
    at, after, kinds, quotas, names = zip(*found, strict=True) if found else ((),) * 5
    return pd.DataFrame(
        {
            "account": pd.array(names, dtype="str"),
            "kind": pd.array(kinds, dtype="str"),
            "after": timestamps(after),
            "at": timestamps(at),
            "quota": pd.array(quotas, dtype="Int64"),
        }
    )


def worth(amounts: "pd.Series[Any]", quota_per_unit: Iterable[float]) -> Floats:
    """Return the worth of units in dollars, rounded to six places; NaN where missing."""
    known = zip(_plain(amounts), quota_per_unit, strict=True)
    return np.array([np.nan if units is None else usd(units, unit) for units, unit in known])


def rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a frame as plain values: int, float, datetime, None where missing."""
    return zip(*(_plain(frame[name]) for name in frame.columns), strict=True)


def of_fan(points: Sequence[FanPoint], origin: Origin) -> pd.DataFrame:
    """Return low, median and high of the balance in dollars (float64), by date (UTC)."""
    index = timestamps([to_ms(point.at) for point in points]).rename("date")
    balances = {
        name: origin.usd(getattr(point, name) for point in points)
        for name in ("low", "median", "high")
    }
    frame = origin.sign(pd.DataFrame(balances, index=index))
    frame.attrs["units"] = dict.fromkeys(balances, "USD")
    return frame


def of_accounts(
    rows: Iterable[tuple[str, str, float, int | None, int | None, int]],
) -> pd.DataFrame:
    """Return a row an account: name, base_url, quota_per_unit, first, last (UTC), snapshots."""
    names = ("name", "base_url", "quota_per_unit", "first", "last", "snapshots")
    columns = dict(zip(names, zip(*rows, strict=True), strict=False)) or dict.fromkeys(names, ())
    moments = {
        edge: pd.DatetimeIndex(np.array(columns[edge], "datetime64[ms]"), tz="UTC")
        for edge in ("first", "last")
    }
    kinds = {"name": "str", "base_url": "str", "quota_per_unit": "float64", "snapshots": "int64"}
    return pd.DataFrame(columns | moments).astype(kinds)


def readings(frame: pd.DataFrame) -> SnapshotArrays:
    """The readings in columns captured_at (aware; may be the index), quota, used_quota.

    A column request_count is taken where there is one. Rows may come in any order.

    Raises:
        UnusableFrameError: a column is missing, naive, not whole, or a time comes twice.
    """
    if not isinstance(frame, pd.DataFrame):
        raise UnusableFrameError(f"it is of type {type(frame).__name__}")
    if frame.index.name == "captured_at":
        frame = frame.reset_index(drop="captured_at" in frame.columns)
    missing = [name for name in _COLUMNS[:-1] if name not in frame.columns]
    if missing:
        raise UnusableFrameError(f"it has no column {' and no column '.join(missing)}")
    if twice := sorted(set(_COLUMNS) & set(frame.columns[frame.columns.duplicated()])):
        raise UnusableFrameError(f"it has the column {twice[0]} twice")
    instants = _instants(frame["captured_at"])
    order = np.argsort(instants, kind="stable")
    again = np.flatnonzero(np.diff(instants[order]) == 0)
    if len(again):
        moment = iso(int(instants[order[again[0]]]))
        raise UnusableFrameError(
            f"captured_at has {moment} twice; moments are kept to the millisecond"
        )
    quota, used = (_whole(frame[name], name)[order] for name in _COUNTERS)
    if len(wrong := np.flatnonzero(saturating_sum(quota, used) != quota + used)):
        raise UnusableFrameError(f"{SUM_TOO_LARGE} at {iso(int(instants[order[wrong[0]]]))}")
    return SnapshotArrays(instants[order], quota, used, _counts(frame, order))


def _counts_of(readings: SnapshotArrays) -> Int64s:
    requests = readings.requests
    return np.full(len(readings), UNKNOWN, np.int64) if requests is None else requests


def _instants(moments: "pd.Series[pd.Timestamp]") -> Int64s:
    if not isinstance(moments.dtype, pd.DatetimeTZDtype):
        raise UnusableFrameError("captured_at is not a time with a zone")
    if moments.isna().any():
        raise UnusableFrameError("captured_at is missing in a row")
    return np.asarray(moments.dt.tz_convert("UTC").dt.as_unit("ms"), "datetime64[ms]").view(
        np.int64
    )


def _whole(column: "pd.Series[int]", name: str) -> Int64s:
    if not pd.api.types.is_integer_dtype(column.dtype) or column.isna().any():
        raise UnusableFrameError(f"{name} is not a column of whole numbers")
    if len(column) and column.max() > _LARGEST:
        raise UnusableFrameError(f"{name} has a number beyond 64 bits")
    return np.asarray(column, np.int64)


def _counts(frame: pd.DataFrame, order: npt.NDArray[np.intp]) -> Int64s | None:
    if "request_count" not in frame.columns:
        return None
    try:
        counts = frame["request_count"].astype("Int64")
    except (TypeError, ValueError, OverflowError):
        raise UnusableFrameError("request_count is not a column of whole numbers") from None
    if (counts < 0).any():
        raise UnusableFrameError("request_count has a number below 0")
    if counts.isna().all():
        return None
    return np.asarray(counts.fillna(UNKNOWN), np.int64)[order]


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """Return the values of a column as int, float, bool, text or datetime; None where missing."""
    values = column.dt.to_pydatetime() if column.dtype.kind == "M" else column.tolist()
    known = zip(values, column.notna().tolist(), strict=True)
    return [value if is_known else None for value, is_known in known]
