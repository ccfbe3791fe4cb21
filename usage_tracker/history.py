"""An account's history: what a notebook holds, and what a report is computed from."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from usage_tracker import times
from usage_tracker.analysis import backtest, forecast, ledger, periods, statement
from usage_tracker.analysis.backtest import Backtest
from usage_tracker.analysis.depletion import Depletion
from usage_tracker.analysis.ledger import Ledger
from usage_tracker.analysis.periods import By
from usage_tracker.analysis.readings import UNKNOWN, Int64s, Readings
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.money import UNITS_PER_USD
from usage_tracker.times import HOUR

LEARNT_HOURS = 24 * 180
"""How far back a report looks at the hours of an account, to forecast and to try forecasts."""

TRIED_HOURS = 24 * (365 + 57)
"""The same for trials of forecasts over a whole year."""

COUNTERS = ("quota", "used_quota")


class UnusableFrameError(MisuseError):
    """A DataFrame that is no history."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"this DataFrame is no history: {what} (columns: captured_at with a time zone, quota, "
            "used_quota and, if known, request_count)"
        )


class EmptyHistoryError(NoHistoryError):
    """A question that at least one snapshot must answer."""

    def __init__(self, account: str) -> None:
        super().__init__(f"account {account!r} has no snapshots yet: run `tracker snapshot`")


@dataclass(frozen=True, slots=True)
class Sightings:
    """The snapshots of a window: how many, the first and the last (UTC ms), failed attempts.

    `latest` is the last snapshot of all, in the window or before it.
    """

    count: int
    first: int | None
    last: int | None
    latest: int | None
    failures: int


@dataclass(frozen=True, slots=True)
class View:
    """What a report needs to know of one account at one moment, wherever it came from.

    `ledger` holds the readings next to the moments asked for, and all events.
    """

    account: str
    base_url: str | None
    quota_per_unit: int
    ledger: Ledger
    sightings: Sightings


@dataclass(frozen=True, eq=False)
class History:
    """The snapshots of one account, and everything that follows from them.

    Moments that are given may be aware datetimes or Timestamps; those that come back
    are aware Timestamps in UTC. Amounts are gateway units, unless a name says `usd`.
    """

    readings: Readings = field(repr=False)
    account: str = "default"
    base_url: str | None = None
    quota_per_unit: int = UNITS_PER_USD
    failures: tuple[int, ...] = field(default=(), repr=False)
    """When an attempt failed, UTC ms, ascending."""

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, account: str = "default") -> "History":
        """A history from columns captured_at (aware), quota, used_quota[, request_count].

        Rows may come in any order; `captured_at` may also be the index.

        Raises:
            UnusableFrameError: a column is missing, naive, not whole, or a time comes twice.
        """
        return cls(_readings(frame), account)

    def __repr__(self) -> str:
        """The account, and how much there is of it."""
        if not len(self.readings):
            return f"<History of {self.account}: no snapshots>"
        first, last = (times.iso(int(self.readings.times[i])) for i in (0, -1))
        return f"<History of {self.account}: {len(self.readings)} snapshots, {first} to {last}>"

    @property
    def snapshots(self) -> pd.DataFrame:
        """The snapshots: quota, used_quota (int64 units), request_count (Int64), by captured_at."""
        index = _timestamps(self.readings.times).rename("captured_at")
        frame = pd.DataFrame(
            {"quota": self.readings.quota, "used_quota": self.readings.used}, index=index
        )
        frame["request_count"] = _nullable(self.readings.requests, len(frame))
        return frame

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of all snapshots."""
        return ledger.keep(self.readings)

    def ledger_at(self, moment: int) -> Ledger:
        """The ledger as it was known at `moment` (UTC ms)."""
        if not len(self.readings) or moment >= self.readings.times[-1]:
            return self.ledger
        return ledger.keep(self.readings.until(moment))

    @property
    def events(self) -> pd.DataFrame:
        """What happened: `after`, `at` (aware), `kind`, `quota` (Int64), `usd`, `confirmed`.

        A reset and a gap have no quota.
        """
        events = self.ledger.events
        frame = pd.DataFrame(
            {
                "after": _timestamps(np.array([event.after for event in events], np.int64)),
                "at": _timestamps(np.array([event.at for event in events], np.int64)),
                "kind": pd.array([event.kind for event in events], dtype="str"),
                "quota": pd.array([event.credit for event in events], dtype="Int64"),
                "confirmed": np.array([event.confirmed for event in events], np.bool_),
            }
        )
        return frame.assign(usd=(frame["quota"] / self.quota_per_unit).astype("Float64").round(6))

    def spend(self, by: By = "day", tz: str | dt.tzinfo = "UTC") -> pd.DataFrame:
        """Spend by period over the whole history: spend (Int64), usd, coverage, estimated.

        The index holds each period's start, in the zone `tz`.
        """
        self._require_snapshots()
        zone = times.zone(tz) if isinstance(tz, str) else tz
        first, last = (int(self.readings.times[i]) for i in (0, -1))
        edges = periods.edges(first, max(last, first + 1), by, zone)
        parts = statement.parts(self.ledger, edges, as_of=last)
        frame = pd.DataFrame(
            {
                "spend": pd.array([part.spend for part in parts], dtype="Int64"),
                "coverage": np.array([part.coverage for part in parts], np.float64),
                "estimated": np.array([part.estimated for part in parts], np.bool_),
            },
            index=_timestamps(edges[:-1]).tz_convert(zone).rename("start"),
        )
        frame.insert(1, "usd", (frame["spend"] / self.quota_per_unit).astype("Float64").round(6))
        return frame

    def forecast(
        self,
        as_of: dt.datetime | None = None,
        balance: int | None = None,
        level: float = 0.8,
    ) -> Depletion:
        """When the balance runs out, as it could be told at `as_of` (default: the last snapshot).

        Nothing captured after `as_of` is used. `balance` (units) replaces the account's own.
        """
        self._require_snapshots()
        moment = int(self.readings.times[-1]) if as_of is None else times.to_ms(as_of)
        known = self.readings.until(moment)
        if balance is None:
            balance = int(known.quota[-1]) if len(known) else 0
        return forecast.project(self.ledger.curve, balance=balance, as_of=moment, level=level)

    def backtest(self, as_of: dt.datetime | None = None, level: float = 0.8) -> Backtest:
        """How good forecasts would have been in the year before `as_of` (default: now known)."""
        self._require_snapshots()
        moment = int(self.readings.times[-1]) if as_of is None else times.to_ms(as_of)
        nothing = np.empty(0, np.int64)
        tried = self.view(0, 1, moment, nothing, TRIED_HOURS).ledger.curve
        return backtest.run(tried, as_of=moment, level=level)

    def view(
        self, since: int, until: int, as_of: int, moments: Int64s, hours: int = LEARNT_HOURS
    ) -> View:
        """The account at `as_of` for a report on [since, until) that asks about `moments`.

        The last so many `hours` are known besides.
        """
        known = self.ledger_at(as_of)
        captured = known.readings.times
        wanted = asked(moments, int(captured[-1]), hours) if len(captured) else moments
        readings = known.readings.around(wanted)
        return View(
            account=self.account,
            base_url=self.base_url,
            quota_per_unit=self.quota_per_unit,
            ledger=ledger.account_for(readings, known.events),
            sightings=self._sightings(since, until, as_of),
        )

    def _sightings(self, since: int, until: int, as_of: int) -> Sightings:
        """How many snapshots and failures lie in [since, until), of those known at `as_of`.

        What was captured at `as_of` itself is known.
        """
        end = as_of + 1 if until >= as_of else until
        moments = self.readings.times
        first, last = np.searchsorted(moments, (since, end)).tolist()
        known = int(np.searchsorted(moments, as_of, side="right"))
        failed = sum(since <= moment < end for moment in self.failures)
        return Sightings(
            count=max(last - first, 0),
            first=int(moments[first]) if first < last else None,
            last=int(moments[last - 1]) if first < last else None,
            latest=int(moments[known - 1]) if known else None,
            failures=failed,
        )

    def _require_snapshots(self) -> None:
        if not len(self.readings):
            raise EmptyHistoryError(self.account)


def asked(moments: Int64s, last: int, hours: int) -> Int64s:
    """`moments`, and the `hours` behind the `last` snapshot, from which forecasts learn."""
    behind = last - HOUR * np.arange(hours, -1, -1, dtype=np.int64)
    return np.union1d(moments, behind)


def _timestamps(moments: Int64s) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments.astype("datetime64[ms]"), tz="UTC")


def _nullable(counts: Int64s | None, length: int) -> "pd.api.extensions.ExtensionArray":
    if counts is None:
        return pd.array([None] * length, dtype="Int64")
    return pd.arrays.IntegerArray(counts, counts == UNKNOWN)


def _readings(frame: pd.DataFrame) -> Readings:
    frame = frame.reset_index() if frame.index.name == "captured_at" else frame
    missing = [name for name in ("captured_at", *COUNTERS) if name not in frame.columns]
    if missing:
        raise UnusableFrameError(f"it has no column {' and no column '.join(missing)}")
    moments = frame["captured_at"]
    if not isinstance(moments.dtype, pd.DatetimeTZDtype):
        raise UnusableFrameError("captured_at is not a time with a zone")
    instants = moments.dt.tz_convert("UTC").dt.as_unit("ms").astype("int64").to_numpy()
    order = np.argsort(instants, kind="stable")
    if (np.diff(instants[order]) == 0).any():
        raise UnusableFrameError("captured_at has a time twice")
    quota, used = (_whole(frame[name], name)[order] for name in COUNTERS)
    return Readings(instants[order], quota, used, _counts(frame, order))


def _whole(column: "pd.Series[int]", name: str) -> Int64s:
    if not pd.api.types.is_integer_dtype(column.dtype) or column.isna().any():
        raise UnusableFrameError(f"{name} is not a column of whole numbers")
    return np.asarray(column, dtype=np.int64)


def _counts(frame: pd.DataFrame, order: npt.NDArray[np.intp]) -> Int64s | None:
    if "request_count" not in frame.columns:
        return None
    told = frame["request_count"].astype("Int64").fillna(UNKNOWN)
    return np.asarray(told, dtype=np.int64)[order]
