"""Minimal daily reports for the tests of the rules."""

import datetime as dt
from collections.abc import Sequence

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.money import UNITS_PER_USD, units
from usage_tracker.reporting import (
    AccountReport,
    Amount,
    Coverage,
    Period,
    Reconciliation,
    Report,
)
from usage_tracker.times import midnight, parse_zone

TAIPEI = "Asia/Taipei"
AS_OF = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
"""The evening of 20 November in Taipei."""

IDLE = Depletion("idle", "nothing is spent")


def report(account: AccountReport, as_of: dt.datetime = AS_OF, tz: str = TAIPEI) -> Report:
    """Return a report on `account`."""
    since = account.periods[0].start if account.periods else as_of - dt.timedelta(days=30)
    return Report(as_of, tz, since, as_of, "day", (account,))


def account(
    balance: float | None = 100.0,
    spend: Sequence[float | None] = (),
    depletion: Depletion = IDLE,
    age: int | None = 60,
    as_of: dt.datetime = AS_OF,
    name: str = "default",
) -> AccountReport:
    """Return an account with `balance` dollars and daily `spend` in dollars up to today."""
    nothing = Reconciliation(*[None] * 9)
    return AccountReport(
        account=name,
        base_url="https://aihubmix.com",
        quota_per_unit=UNITS_PER_USD,
        snapshots=_coverage(as_of, age),
        balance=None if balance is None else Amount(units(balance), balance),
        used=None,
        reconciliation=nothing,
        rates=(),
        periods=_days(spend, as_of),
        events=(),
        depletion=depletion,
    )


def projected(low: float | None, median: float | None = None) -> Depletion:
    """Return a forecast whose early end and median are `low` and `median` days after `AS_OF`."""
    ends = [None if days is None else AS_OF + dt.timedelta(days) for days in (low, median)]
    return Depletion("projected", low=ends[0], median=ends[1])


def _coverage(as_of: dt.datetime, age: int | None) -> Coverage:
    if age is None:
        return Coverage(0, None, None, None, 0, None)
    last = as_of - dt.timedelta(seconds=age)
    return Coverage(721, last - dt.timedelta(hours=120), last, age, 0, 1.0, last)


def _days(spend: Sequence[float | None], as_of: dt.datetime) -> tuple[Period, ...]:
    tz = parse_zone(TAIPEI)
    today = as_of.astimezone(tz).date()
    dates = [today - dt.timedelta(days=n) for n in reversed(range(len(spend)))]
    edges = [midnight(date, tz).astimezone(dt.UTC) for date in dates] + [as_of]
    return tuple(
        _period(start, end, usd) for start, end, usd in zip(edges, edges[1:], spend, strict=False)
    )


def _period(start: dt.datetime, end: dt.datetime, usd: float | None) -> Period:
    spend = None if usd is None else units(usd)
    coverage = 0.0 if usd is None else 1.0
    return Period(start, end, spend, usd, spend, 0, 0, None, None, coverage, estimated=False)
