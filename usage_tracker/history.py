"""History: the snapshots of one account, and everything that follows from them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import pandas as pd

from usage_tracker import arguments, dataframes, times
from usage_tracker.analysis import calendar, periods
from usage_tracker.analysis.calendar import By, EmptyWindowError, timestamps
from usage_tracker.arguments import Moment, Zone
from usage_tracker.config.zone import zone_or_local
from usage_tracker.dataframes import Origin
from usage_tracker.display import Displayed
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.forecast import backtest, depletion
from usage_tracker.forecast.backtest import RECENT_HOURS, Backtest
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.spend_distribution import HORIZON_DAYS
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import Int64s, SnapshotArrays
from usage_tracker.ledger.build import Baseline, Ledger
from usage_tracker.ledger.events import join_stretches
from usage_tracker.ledger.sampling import (
    AccountSample,
    SnapshotCounts,
    chart_moments,
    sample_moments,
    with_starts,
)
from usage_tracker.money import UNITS_PER_USD, usd


class EmptyHistoryError(NoHistoryError):
    """A query that at least one snapshot must answer."""

    def __init__(self, account: str) -> None:
        super().__init__(f"account {account!r} has no snapshots yet: run `tracker snapshot`")


class PastEndError(MisuseError):
    """The end of a projection is not in the future."""

    def __init__(self, until: int, as_of: int, zone: dt.tzinfo) -> None:
        goal, asked = (f"{times.to_local(at, zone):%Y-%m-%d %H:%M}" for at in (until, as_of))
        super().__init__(f"{goal} is not after {asked}: use a later `until`, or '30d'")


class TwoBalancesError(MisuseError):
    """A balance in dollars and one in units."""

    def __init__(self) -> None:
        super().__init__("there are two balances: use balance_usd= (dollars) or balance= (units)")


@dataclass(frozen=True, slots=True, eq=False)
class LocalDepletion(Depletion):
    """A Depletion whose moments are Timestamps in one zone, as a notebook gets it."""

    low: pd.Timestamp | None = None
    median: pd.Timestamp | None = None
    high: pd.Timestamp | None = None
    linear: pd.Timestamp | None = None
    as_of: pd.Timestamp | None = None
    since: pd.Timestamp | None = None
    origin: pd.Timestamp | None = None


@dataclass(frozen=True, eq=False)
class History(Displayed):
    """The snapshots of one account, and everything that follows from them.

    Moments that are given are aware datetimes or Timestamps, or text as the command line
    takes it (`7d`, `20261123`); those that come back are aware Timestamps: in UTC where they
    index what was captured, in the history's `zone` where a calendar or a forecast speaks.
    What is not is a MisuseError. Amounts are gateway units, unless a name says `usd`.
    """

    readings: SnapshotArrays = field(repr=False)
    account: str = "default"
    base_url: str | None = None
    quota_per_unit: float = UNITS_PER_USD
    failures: tuple[int, ...] = field(default=(), repr=False)
    """Moments of failed attempts, UTC ms, ascending."""
    timezone: str | None = None
    """The zone in which its days begin, an IANA name or an offset; the machine's, if None."""
    settled: Baseline | None = field(default=None, repr=False)
    """The stored events of the time whose snapshots were pruned, if they were."""

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        account: str | None = None,
        *,
        quota_per_unit: float | None = None,
        timezone: Zone | None = None,
    ) -> "History":
        """Return a history from columns captured_at (aware), quota, used_quota[, request_count].

        Rows may come in any order; `captured_at` may also be the index. The account's
        name and its units per dollar are by default those in `frame.attrs`, where
        `snapshots` writes them.

        Raises:
            UnusableFrameError: a column is missing, naive, not whole, or a time comes twice.
            UnknownZoneError: the machine knows no zone `timezone`.
            NotANumberError: `quota_per_unit` is not a positive number.
        """
        readings, attributes = dataframes.readings(frame), frame.attrs
        if quota_per_unit is None:
            quota_per_unit = attributes.get("quota_per_unit", UNITS_PER_USD)
        return cls(
            readings,
            account or attributes.get("account", "default"),
            quota_per_unit=arguments.coerce_quota_per_unit(quota_per_unit),
            timezone=None
            if timezone is None
            else times.zone_name(arguments.coerce_named_zone(timezone)),
        )

    def __repr__(self) -> str:
        """Return the account and the span of its snapshots."""
        if not len(self.readings):
            return f"<History of {self.account}: no snapshots>"
        first, last = (times.iso(int(self.readings.times[i])) for i in (0, -1))
        return f"<History of {self.account}: {len(self.readings)} snapshots, {first} to {last}>"

    @cached_property
    def zone(self) -> dt.tzinfo:
        """The time zone in which days begin."""
        return zone_or_local(self.timezone)

    @property
    def snapshots(self) -> pd.DataFrame:
        """The snapshots: quota, used_quota (int64 units), request_count (Int64).

        By `captured_at`, in UTC.
        """
        return dataframes.of_snapshots(self.readings, self._origin)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of all snapshots."""
        return self._keep(self.readings, int(self.readings.times.max(initial=0)))

    def ledger_at(self, moment: int) -> Ledger:
        """Return the ledger as known at `moment` (UTC ms)."""
        if not len(self.readings) or moment >= self.readings.times[-1]:
            return self.ledger
        return self._keep(self.readings.until(moment), moment)

    @property
    def events(self) -> pd.DataFrame:
        """What happened: kind, quota (Int64, signed units), usd (float64), after, confirmed (bool).

        By `at`, in UTC: it happened after `after`, at the latest at `at`. A reset and a gap
        have no quota.
        """
        return dataframes.of_events(join_stretches(self.ledger.events), self._origin)

    def periods(
        self,
        by: By = "day",
        tz: Zone | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> pd.DataFrame:
        """Return spend, credits and balances by period, as a report has them.

        Columns: start and end, cut by `since` and `until`; spend, covered, uncounted, drawn,
        top_ups, refunds, adjustments, requests, opening, closing, in_flight (Int64, missing
        where unknown); usd, the worth of the spend, and the worth of each other amount of
        units as `<name>_usd` (float64); coverage (float64, the share of the period's time that
        is known); estimated (bool). The index, `period`, is when the calendar's period begins
        in the zone `tz`, by default the history's. `since` and `until` are by default the
        first and the last snapshot.

        Raises:
            EmptyHistoryError: there is no snapshot.
            UnknownPeriodError: `by` is not a period.
            UnknownZoneError: the machine knows no zone `tz`.
            EmptyWindowError: nothing lies between `since` and `until`.
        """
        self._require_snapshots()
        zone = self.zone if tz is None else arguments.coerce_zone(tz)
        frame = period_frame([self], by, zone, since, until)
        return self._origin.sign(frame.drop(columns="account"))

    def spend(self, by: By = "day", tz: Zone | None = None) -> pd.DataFrame:
        """Return the spend by period over the whole history: four columns of `periods`.

        spend (Int64), usd (float64), coverage (float64), estimated (bool).

        Raises:
            EmptyHistoryError, UnknownPeriodError, UnknownZoneError: as for `periods`.
        """
        whole = self.periods(by, tz)
        return self._origin.sign(whole[["spend", "usd", "coverage", "estimated"]])

    def forecast(
        self,
        as_of: Moment | None = None,
        balance_usd: float | None = None,
        level: float = 0.8,
        *,
        balance: int | None = None,
    ) -> LocalDepletion:
        """Return when the balance runs out, as known at `as_of` (default: the last snapshot).

        Nothing captured after `as_of` is used. `balance_usd` (dollars) or `balance` (whole
        units) replaces the account's own.

        Raises:
            EmptyHistoryError: there is no snapshot.
            NotANumberError: `balance_usd`, `balance` or `level` is none.
            TwoBalancesError: there are both balances.
            InvalidProbabilityError: `level` is not between 0 and 1.
        """
        moment = self._moment(as_of)
        held = self._balance(moment, balance_usd, balance)
        curve, chance = self.ledger_at(moment).drawn, arguments.coerce_probability(level)
        return in_zone(
            depletion.forecast(curve, balance=held, as_of=moment, level=chance), self.zone
        )

    def forecast_frame(
        self, days: int = 60, level: float = 0.8, as_of: Moment | None = None
    ) -> pd.DataFrame:
        """Return the balance expected as each of the next `days` dates begins, in dollars.

        low, median and high (float64): the balance lies between low and high with the
        probability `level`. By `date`, in the history's zone; the first is the day after
        `as_of`.

        Raises:
            EmptyHistoryError, NothingToProjectError: there is too little history.
            NotANumberError: `days` or `level` is none.
            TooFarError: the last date is more than a year away.
            InvalidProbabilityError: `level` is not between 0 and 1.
        """
        moment = self._moment(as_of)
        chance, count = arguments.coerce_probability(level), arguments.coerce_days(days)
        points = depletion.fan_at(
            self.ledger_at(moment).drawn,
            balance=self._held(moment),
            as_of=moment,
            level=chance,
            moments=calendar.next_dates(moment, min(count, HORIZON_DAYS + 2), self.zone),
        )
        return dataframes.of_fan(points, self._origin).tz_convert(self.zone)

    def needed(self, until: Moment, confidence: float = 0.9, as_of: Moment | None = None) -> int:
        """Return the units that last until `until` with a probability of `confidence`.

        They are those held at the last snapshot by `as_of`, from where forecasts start. A
        duration (`30d`) counts from `as_of`.

        Raises:
            PastEndError: `until` does not lie ahead of `as_of`.
            EmptyHistoryError, NothingToProjectError: there is too little history.
            TooFarError: `until` is more than a year away.
            InvalidProbabilityError: `confidence` is not between 0 and 1.
        """
        moment = self._moment(as_of)
        end = arguments.coerce_moment(until, moment, self.zone, ahead=True)
        if end <= moment:
            raise PastEndError(end, moment, self.zone)
        curve = self.ledger_at(moment).drawn
        sure = arguments.coerce_probability(confidence)
        return depletion.needed(curve, until=end, confidence=sure, as_of=moment)

    def needed_usd(
        self, until: Moment, confidence: float = 0.9, as_of: Moment | None = None
    ) -> float:
        """Return the dollars that last until `until`: the worth of `needed`, which see."""
        return usd(self.needed(until, confidence, as_of), self.quota_per_unit)

    def backtest(self, as_of: Moment | None = None, level: float = 0.8) -> Backtest:
        """Return how good past forecasts would have been in the year before `as_of`.

        Raises:
            EmptyHistoryError: there is no snapshot.
            InvalidProbabilityError: `level` is not between 0 and 1.
        """
        moment = self._moment(as_of)
        curve = self.ledger_at(moment).drawn
        return backtest.run(curve, as_of=moment, level=arguments.coerce_probability(level))

    def view(
        self, since: int, until: int, as_of: int, moments: Int64s, hours: int = RECENT_HOURS
    ) -> AccountSample:
        """Return a sample of the account at `as_of` for a report on [since, until).

        The last so many `hours` are known besides.
        """
        known = self.ledger_at(as_of)
        captured = known.readings.times
        wanted = moments
        if len(captured):
            shown = chart_moments(since, until, int(captured[0]), known.events)
            wanted = np.concatenate((sample_moments(moments, int(captured[-1]), hours), shown))
        readings = known.readings.around(with_starts(wanted, known.events))
        return AccountSample(
            account=self.account,
            base_url=self.base_url,
            quota_per_unit=self.quota_per_unit,
            ledger=build.ledger_from_events(readings, known.events),
            counts=self._counts(since, until, as_of),
        )

    def _keep(self, readings: SnapshotArrays, as_of: int) -> Ledger:
        if self.settled is None:
            return build.build_ledger(readings)
        return self.settled.build_ledger(readings, as_of)

    def _counts(self, since: int, until: int, as_of: int) -> SnapshotCounts:
        """Return how many snapshots and failures known at `as_of` lie in [since, until).

        What was captured at `as_of` itself is known.
        """
        end = as_of + 1 if until >= as_of else until
        moments = self.readings.times
        first, last = np.searchsorted(moments, (since, end)).tolist()
        known = int(np.searchsorted(moments, as_of, side="right"))
        failed = sum(since <= moment < end for moment in self.failures)
        return SnapshotCounts(
            count=max(last - first, 0),
            first=int(moments[first]) if first < last else None,
            last=int(moments[last - 1]) if first < last else None,
            latest=int(moments[known - 1]) if known else None,
            failures=failed,
        )

    def _moment(self, as_of: Moment | None) -> int:
        """Return `as_of` in UTC ms, by default the moment of the last snapshot."""
        self._require_snapshots()
        last = int(self.readings.times[-1])
        return last if as_of is None else arguments.coerce_moment(as_of, last, self.zone)

    def _held(self, moment: int) -> int:
        """Return the balance at `moment`, 0 before the first snapshot."""
        known = self.readings.until(moment)
        return int(known.quota[-1]) if len(known) else 0

    def _balance(self, moment: int, dollars: float | None, units: int | None) -> int:
        """Return the balance given, in units, or that held at `moment`."""
        if dollars is not None and units is not None:
            raise TwoBalancesError
        if dollars is not None:
            return arguments.coerce_usd(dollars, self.quota_per_unit)
        return self._held(moment) if units is None else arguments.coerce_units(units)

    def _require_snapshots(self) -> None:
        if not len(self.readings):
            raise EmptyHistoryError(self.account)

    @property
    def _origin(self) -> Origin:
        return Origin(self.account, self.quota_per_unit)


def in_zone(forecast: Depletion, zone: dt.tzinfo) -> LocalDepletion:
    """Return a copy whose moments are Timestamps in `zone`."""
    values = {each.name: getattr(forecast, each.name) for each in fields(forecast)}
    moments = {
        name: pd.Timestamp(value).tz_convert(zone)
        for name, value in values.items()
        if isinstance(value, dt.datetime)
    }
    return LocalDepletion(**values | moments)


def period_frame(
    histories: Sequence[History],
    by: By,
    zone: dt.tzinfo,
    since: Moment | None,
    until: Moment | None,
) -> pd.DataFrame:
    """Return the periods of histories with snapshots, computed at once: see `History.periods`."""
    first = min(int(history.readings.times[0]) for history in histories)
    last = max(int(history.readings.times[-1]) for history in histories)
    start = first if since is None else arguments.coerce_moment(since, last, zone)
    end = max(last, first + 1) if until is None else arguments.coerce_moment(until, last, zone)
    if start >= end:
        raise EmptyWindowError(start, end, zone)
    ledgers = {history.account: history.ledger for history in histories}
    edges = calendar.edges(start, end, by, zone)
    totals = periods.totals(
        dataframes.of_ledgers(ledgers),
        dataframes.of_ledger_events(ledgers),
        periods.spans(timestamps(edges)),
        as_of=timestamps([last])[0],
    )
    units = {history.account: history.quota_per_unit for history in histories}
    frame = dataframes.of_periods(totals, units)
    cut, whole = timestamps([start, calendar.start_of(start, by, zone)])
    frame.index = pd.DatetimeIndex(frame["start"].replace(cut, whole), name="period")
    for edge in ("start", "end"):
        frame[edge] = frame[edge].dt.tz_convert(zone)
    return frame.tz_convert(zone)
