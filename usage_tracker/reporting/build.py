"""Histories -> Report."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import repeat
from typing import Any

import numpy as np

from usage_tracker import times
from usage_tracker.analysis import heatmap, statement
from usage_tracker.forecast import backtest, project
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.history import History
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.build import Event, Ledger
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
from usage_tracker.reporting.query import RATES, Frame
from usage_tracker.view import LEARNT_HOURS, Sightings, View, drawn

_NOT_COMPUTED = Depletion("insufficient_data", "the forecast was not asked for")


def build(
    views: Iterable[View], frame: Frame, timezone: str, details: Detail = Detail.ALL
) -> Report:
    """Return the report on some accounts, in their order.

    Of the fields that `Detail` lists only `details` are computed.
    """
    return Report(
        as_of=times.from_ms(frame.as_of),
        timezone=timezone,
        since=times.from_ms(frame.since),
        until=times.from_ms(frame.until),
        by=frame.by,
        accounts=tuple(_account(view, frame, details) for view in views),
    )


def view(history: History, frame: Frame) -> View:
    """What the report needs of a history in memory."""
    return history.view(frame.since, frame.until, frame.as_of, frame.moments)


def _account(view: View, frame: Frame, details: Detail) -> AccountReport:
    ledger, unit = view.ledger, view.quota_per_unit
    whole = statement.window(ledger, frame.since, frame.until, frame.as_of)
    parts = statement.parts(ledger, frame.edges, frame.as_of)
    known = len(ledger.readings) > 0
    plain = AccountReport(
        account=view.account,
        base_url=view.base_url,
        quota_per_unit=unit,
        snapshots=_coverage(view.sightings, frame, whole.coverage),
        balance=_last(ledger.readings.quota, unit),
        used=_last(ledger.readings.used, unit),
        reconciliation=_reconciliation(whole),
        rates=tuple(
            _rate(ledger, frame.until, name, length, unit) for name, length in RATES if known
        ),
        periods=tuple(map(_period, parts, frame.spans, repeat(unit))) if known else (),
        events=tuple(_event(event, unit) for event in _happened(ledger, frame)),
        depletion=_depletion(ledger, frame.as_of) if Detail.DEPLETION in details else _NOT_COMPUTED,
    )
    return _with_charts(plain, ledger, frame, details) if known else plain


def _depletion(ledger: Ledger, as_of: int) -> Depletion:
    return project.project(ledger.curve, balance=_balance(ledger), as_of=as_of)


def _balance(ledger: Ledger) -> int:
    return int(ledger.readings.quota[-1]) if len(ledger.readings) else 0


def _with_charts(
    plain: AccountReport, ledger: Ledger, frame: Frame, details: Detail
) -> AccountReport:
    computed: dict[str, Any] = {}
    if Detail.FAN in details:
        balance = _balance(ledger)
        computed["fan"] = project.fan(ledger.curve, balance=balance, as_of=frame.as_of)
    if Detail.TRUST in details:
        computed["trust"] = _trust(ledger, frame.as_of)
    if Detail.BURN_DOWN in details:
        computed["burn_down"] = _burn_down(ledger, frame)
    if Detail.HEAT in details:
        computed["heat"] = heatmap.by_weekday(ledger, frame.zone)
    return replace(plain, **computed)


def _trust(ledger: Ledger, as_of: int) -> str | None:
    recent = ledger.curve.since(int(ledger.curve.times[-1]) - LEARNT_HOURS * times.HOUR)
    return backtest.trust(recent, as_of=as_of)


def _burn_down(ledger: Ledger, frame: Frame) -> tuple[BalancePoint, ...]:
    """The balance at some hundred moments of the window, as it was last seen at each."""
    readings = ledger.readings
    moments = drawn(frame.since, frame.until, int(readings.times[0]), ledger.events)
    at = np.searchsorted(readings.times, moments, side="right") - 1
    kept = np.unique(at[at >= 0])
    return tuple(
        BalancePoint(times.from_ms(moment), quota)
        for moment, quota in zip(
            readings.times[kept].tolist(), readings.quota[kept].tolist(), strict=True
        )
    )


def _last(counter: Int64s, unit: int) -> Amount | None:
    if not len(counter):
        return None
    return Amount(int(counter[-1]), usd(int(counter[-1]), unit))


def _coverage(seen: Sightings, frame: Frame, coverage: float) -> Coverage:
    if seen.latest is None:
        return Coverage(0, None, None, None, seen.failures, None)
    return Coverage(
        count=seen.count,
        first=None if seen.first is None else times.from_ms(seen.first),
        last=None if seen.last is None else times.from_ms(seen.last),
        age_seconds=(frame.as_of - seen.latest) // times.SECOND,
        failures=seen.failures,
        coverage=coverage,
        latest=times.from_ms(seen.latest),
    )


def _reconciliation(whole: statement.Part) -> Reconciliation:
    if whole.spend is None:  # a balance at either end is none of a statement's without it
        return Reconciliation(None, None, None, None, None, None, None)
    return Reconciliation(
        opening=whole.opening,
        top_ups=whole.top_ups,
        refunds=whole.refunds,
        adjustments=whole.adjustments,
        spend=whole.spend,
        in_flight=whole.in_flight,
        closing=whole.closing,
    )


def _rate(ledger: Ledger, until: int, name: str, length: int, unit: int) -> Rate:
    pace = statement.pace(ledger, until, length)
    return Rate(
        window=name,
        spend=pace.spend,
        usd=_usd(pace.spend, unit),
        usd_per_day=None if pace.per_day is None else round(pace.per_day / unit, 6),
        coverage=pace.coverage,
    )


def _period(part: statement.Part, span: tuple[dt.datetime, dt.datetime], unit: int) -> Period:
    return Period(
        start=span[0],
        end=span[1],
        spend=part.spend,
        usd=_usd(part.spend, unit),
        top_ups=part.top_ups,
        refunds=part.refunds,
        requests=part.requests,
        closing=part.closing,
        coverage=part.coverage,
        estimated=part.estimated,
    )


def _happened(ledger: Ledger, frame: Frame) -> Iterator[Event]:
    return (event for event in ledger.events if frame.since < event.at <= frame.until)


def _event(event: Event, unit: int) -> ReportedEvent:
    return ReportedEvent(
        kind=event.kind,
        after=times.from_ms(event.after),
        at=times.from_ms(event.at),
        quota=event.credit,
        usd=_usd(event.credit, unit),
        confirmed=event.confirmed,
    )


def _usd(quota: int | None, unit: int) -> float | None:
    return None if quota is None else usd(quota, unit)
