"""Build a Report of some accounts: everything that is shown, computed once and together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import pandas as pd

from usage_tracker import dataframes, times
from usage_tracker.analysis import burndown, heatmap, periods, rates
from usage_tracker.analysis.calendar import timestamps
from usage_tracker.forecast import backtest, depletion
from usage_tracker.forecast.backtest import RECENT_HOURS
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.history import History
from usage_tracker.ledger import build as ledgers
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.events import join_stretches
from usage_tracker.ledger.sampling import AccountSample, chart_moments, with_starts
from usage_tracker.money import usd
from usage_tracker.reporting.model import (
    AccountReport,
    Amount,
    BalancePoint,
    Coverage,
    Detail,
    Period,
    Rate,
    Reconciliation,
    Report,
    ReportedEvent,
)
from usage_tracker.reporting.query import PERIOD, WINDOW, ReportQuery

_NOT_COMPUTED: Final = Depletion("insufficient_data", "the forecast was not asked for")
_NO_WINDOW: Final = (None,) * 10

_PERIOD_COLUMNS: Final = [each.name for each in fields(Period)]
_RATE_COLUMNS: Final = ["span", *(each.name for each in fields(Rate)[1:])]
_WINDOW_COLUMNS: Final = [*(each.name for each in fields(Reconciliation)), "coverage"]

_Rows = dict[str, list[tuple[Any, ...]]]


def view(history: History, query: ReportQuery) -> AccountSample:
    """Return what the report needs of a history in memory."""
    return history.view(query.since, query.until, query.as_of, query.moments)


def build(
    views: Iterable[AccountSample], query: ReportQuery, timezone: str, details: Detail = Detail.ALL
) -> Report:
    """Return the report on some accounts, in their order.

    Of the fields that `Detail` lists only `details` are computed.
    """
    parts = [_Part.of(view, query, details) for view in views]
    totals = _totals([part.view for part in parts], query).reset_index()
    tables = _Tables.of(totals)
    columns = totals.columns.difference(["span", "in_doubt", "known", "usd_per_day"], sort=False)
    return Report(
        as_of=times.from_ms(query.as_of),
        timezone=timezone,
        since=times.from_ms(query.since),
        until=times.from_ms(query.until),
        by=query.by,
        accounts=tuple(_account(part.view, query, tables, part.forecasts) for part in parts),
        periods=totals.loc[totals["span"] == PERIOD, columns].set_index(["account", "start"]),
    )


def _totals(views: Sequence[AccountSample], query: ReportQuery) -> pd.DataFrame:
    """Return the totals of the query's spans, with their worth in dollars."""
    ledgers = {view.account: view.ledger for view in views}
    snapshots = dataframes.of_ledgers(ledgers)
    events = dataframes.of_ledger_events(ledgers)
    totals = periods.totals(snapshots, events, query.spans, timestamps([query.as_of])[0])
    units = totals.index.get_level_values("account").map(
        {view.account: view.quota_per_unit for view in views}
    )
    totals["usd"] = dataframes.worth(totals["spend"], units)
    totals["usd_per_day"] = dataframes.worth(rates.per_day(totals), units)
    return totals


@dataclass(frozen=True, slots=True)
class _Part:
    """What the totals need of an account, and what was computed from its hours."""

    view: AccountSample
    forecasts: dict[str, Any]

    @classmethod
    def of(cls, view: AccountSample, query: ReportQuery, details: Detail) -> "_Part":
        """Let go of the hours of a view once they are used: a fleet has millions of them."""
        ledger = view.ledger
        chosen = ledger.readings.around(with_starts(query.moments, ledger.events))
        needed = ledgers.ledger_from_events(chosen, ledger.events)
        return cls(replace(view, ledger=needed), _forecasts(view, query, details))


@dataclass(frozen=True, slots=True)
class _Tables:
    """The rows of each kind of span, by account."""

    periods: _Rows
    windows: _Rows
    rates: _Rows

    @classmethod
    def of(cls, totals: pd.DataFrame) -> "_Tables":
        is_period, is_window = (totals["span"] == span for span in (PERIOD, WINDOW))
        return cls(
            _by_account(totals[is_period], _PERIOD_COLUMNS),
            _by_account(totals[is_window], _WINDOW_COLUMNS),
            _by_account(totals[~(is_period | is_window)], _RATE_COLUMNS),
        )


def _by_account(totals: pd.DataFrame, columns: list[str]) -> _Rows:
    found: _Rows = {}
    for account, *row in dataframes.rows(totals[["account", *columns]]):
        found.setdefault(account, []).append(tuple(row))
    return found


def _account(
    view: AccountSample, query: ReportQuery, tables: _Tables, forecasts: dict[str, Any]
) -> AccountReport:
    counters, unit, name = view.ledger.readings, view.quota_per_unit, view.account
    [(*lines, coverage)] = tables.windows.get(name, [_NO_WINDOW])
    return AccountReport(
        account=name,
        base_url=view.base_url,
        quota_per_unit=unit,
        snapshots=_coverage(view, query, coverage),
        balance=_last(counters.quota, unit),
        used=_last(counters.used, unit),
        reconciliation=_reconciliation(view, Reconciliation(*lines)),
        rates=tuple(Rate(*row) for row in tables.rates.get(name, ())),
        periods=tuple(Period(*row) for row in tables.periods.get(name, ())),
        events=tuple(_events(view, query)),
        **forecasts,
    )


def _last(counter: Int64s, unit: float) -> Amount | None:
    return Amount(int(counter[-1]), usd(int(counter[-1]), unit)) if len(counter) else None


def _coverage(view: AccountSample, query: ReportQuery, coverage: float | None) -> Coverage:
    seen = view.counts
    if seen.latest is None:
        return Coverage(0, None, None, None, seen.failures, None)
    return Coverage(
        count=seen.count,
        first=None if seen.first is None else times.from_ms(seen.first),
        last=None if seen.last is None else times.from_ms(seen.last),
        age_seconds=(query.as_of - seen.latest) // times.SECOND,
        failures=seen.failures,
        coverage=coverage,
        latest=times.from_ms(seen.latest),
    )


def _reconciliation(view: AccountSample, window: Reconciliation) -> Reconciliation:
    if window.spend is not None:
        return window
    if not view.counts.count:
        return Reconciliation(*_NO_WINDOW[:-1])
    balance = window.closing  # a lone snapshot is its own opening and closing
    return Reconciliation(balance, 0, 0, 0, 0, 0, 0, 0, balance)


def _events(view: AccountSample, query: ReportQuery) -> Iterator[ReportedEvent]:
    within = (each for each in view.ledger.events if query.since < each.at <= query.until)
    for event in join_stretches(within):
        amount = event.amount
        yield ReportedEvent(
            kind=event.kind,
            after=times.from_ms(event.after),
            at=times.from_ms(event.at),
            quota=amount,
            usd=None if amount is None else usd(amount, view.quota_per_unit),
            confirmed=event.confirmed,
        )


def _forecasts(view: AccountSample, query: ReportQuery, details: Detail) -> dict[str, Any]:
    """Return the fields of an AccountReport that are computed from hours, as far as asked for."""
    curve, quota, as_of = view.ledger.drawn, view.ledger.readings.quota, query.as_of
    balance = int(quota[-1]) if len(quota) else 0
    computed: dict[str, Any] = {"depletion": _NOT_COMPUTED}
    if Detail.DEPLETION in details:
        computed["depletion"] = depletion.forecast(curve, balance=balance, as_of=as_of)
    if not len(quota):
        return computed
    if Detail.FAN in details:
        computed["fan"] = depletion.fan(curve, balance=balance, as_of=as_of)
    if Detail.TRUST in details:
        recent = curve.since(int(curve.times[-1]) - RECENT_HOURS * times.HOUR)
        computed["trust"] = backtest.trust(recent, as_of=as_of)
    ledgers = {view.account: view.ledger}
    if Detail.BURN_DOWN in details:
        shown = chart_moments(query.since, query.until, int(curve.times[0]), view.ledger.events)
        seen = burndown.balances(dataframes.of_ledgers(ledgers), timestamps(shown))
        computed["burn_down"] = tuple(BalancePoint(*row) for row in dataframes.rows(seen))
    if Detail.HEAT in details:
        snapshots, events = dataframes.of_ledgers(ledgers), dataframes.of_ledger_events(ledgers)
        means = heatmap.by_weekday(snapshots, events, query.zone)
        computed["heat"] = tuple(dataframes.rows(means))
    return computed
