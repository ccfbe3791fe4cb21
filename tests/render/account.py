"""An invented account: its periods add up to its reconciliation, which adds up."""

import datetime as dt
import itertools
import math
import random
import zoneinfo
from collections.abc import Iterator
from typing import Any

from usage_tracker.analysis.calendar import By
from usage_tracker.forecast.depletion import Chance, Depletion, FanPoint
from usage_tracker.money import UNITS_PER_USD, units, usd
from usage_tracker.reporting.model import (
    AccountReport,
    Amount,
    BalancePoint,
    Coverage,
    Period,
    Rate,
    Reconciliation,
    ReportedEvent,
)

TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")
AS_OF = dt.datetime(2026, 11, 23, 5, 15, tzinfo=dt.UTC)
BASE_URL = "https://aihubmix.com"
RESERVED = 2_500

_STEP = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(weeks=1)}
_CREDITS = ("top_up", "refund", "adjustment")


def account(
    name: str,
    by: By,
    days: int,
    seed: int,
    opening: float = 320.0,
    a_day: float = 11.0,
    top_ups: dict[int, float] | None = None,
    last: dt.datetime = AS_OF,
) -> AccountReport:
    rng = random.Random(seed)
    since = AS_OF - dt.timedelta(days=days)
    bounds = _bounds(since, AS_OF, by)
    events = _events(since, days, {12: 100.0} if top_ups is None else top_ups, last)
    periods = _periods(bounds, events, units(opening), a_day, rng, last)
    closing = [p.closing for p in periods if p.closing is not None][-1]
    total = _reconciliation(units(opening) - RESERVED, closing, periods, events)
    usual = usd((total.spend or 0) // max(days, 1))
    newest = AS_OF - dt.timedelta(seconds=84)
    return AccountReport(
        account=name,
        base_url=BASE_URL,
        quota_per_unit=UNITS_PER_USD,
        snapshots=Coverage(days * 144 - 60, since, newest, 84, 7, 0.986, newest),
        balance=Amount(closing, usd(closing)),
        used=Amount(286_403_484, usd(286_403_484)),
        reconciliation=total,
        rates=(
            rate("1h", usual / 20, 1 / 24, 1.0),
            rate("24h", usual * 0.9, 1, 1.0),
            rate("7d", usual * 7.3, 7, 0.996),
            rate("30d", usual * 30, 30, 0.986),
        ),
        periods=periods,
        events=events,
        depletion=_depletion(closing, usual, last),
        fan=_fan(closing, usual, last),
        burn_down=tuple(_burn_down(units(opening), periods, events)),
        heat=tuple(
            tuple(a_day / 24 * _busy(d, h) * UNITS_PER_USD for h in range(24)) for d in range(7)
        ),
    )


def _busy(weekday: int, hour: int) -> float:
    return (0.15 if weekday > 4 else 1.2) * (1 - 0.9 * math.cos((hour - 3) / 24 * math.tau))


def _burn_down(
    balance: int, periods: tuple[Period, ...], events: tuple[ReportedEvent, ...]
) -> Iterator[BalancePoint]:
    for period in periods:
        if period.closing is None:
            return
        inside = [e for e in events if period.start <= e.at < period.end]
        for share in (0.0, 0.25, 0.5, 0.75):
            at = period.start + (period.end - period.start) * share
            credited = sum(e.quota or 0 for e in inside if e.at <= at)
            yield BalancePoint(at, balance + credited - round((period.spend or 0) * share))
        balance = period.closing
    yield BalancePoint(periods[-1].end, balance)


def empty(name: str) -> AccountReport:
    return AccountReport(
        account=name,
        base_url=None,
        quota_per_unit=UNITS_PER_USD,
        snapshots=Coverage(0, None, None, None, 0, None),
        balance=None,
        used=None,
        reconciliation=Reconciliation(*[None] * 9),
        rates=(),
        periods=(),
        events=(),
        depletion=Depletion("insufficient_data", "there are no snapshots"),
    )


def _bounds(since: dt.datetime, until: dt.datetime, by: By) -> list[dt.datetime]:
    first = since.astimezone(TAIPEI).replace(hour=0, minute=0)
    if by == "month":
        months = [first.replace(day=1) + dt.timedelta(days=31 * i) for i in range(1, 13)]
        inner = [m.replace(day=1) for m in months]
    else:
        steps = int((until - first) / _STEP[by]) + 1
        inner = [first + i * _STEP[by] for i in range(1, steps)]
    whole = [b.astimezone(dt.UTC) for b in inner]
    return [since, *(b for b in whole if since < b < until), until]


def _events(
    since: dt.datetime, days: int, top_ups: dict[int, float], last: dt.datetime
) -> tuple[ReportedEvent, ...]:
    def at(day: float) -> dt.datetime:
        return since + dt.timedelta(days=day)

    def event(kind: str, day: float, dollars: float | None, **more: Any) -> ReportedEvent:
        quota = None if dollars is None else units(dollars)
        after = at(day) - dt.timedelta(hours=more.get("hours", 1 / 6))
        return ReportedEvent(kind, after, at(day), quota, dollars, more.get("confirmed", True))

    found = [event("top_up", day + 0.4, dollars) for day, dollars in top_ups.items() if day < days]
    if days >= 30:
        found += [
            event("refund", 17.6, 0.42),
            event("gap", 20.7, None, hours=9.5),
            event("adjustment", 23.2, -2.5),
            event("top_up", days - 0.1, 20.0, confirmed=False),
        ]
    return tuple(sorted((e for e in found if e.at < last), key=lambda e: e.at))


def _periods(
    bounds: list[dt.datetime],
    events: tuple[ReportedEvent, ...],
    balance: int,
    a_day: float,
    rng: random.Random,
    last: dt.datetime,
) -> tuple[Period, ...]:
    made = []
    for start, end in itertools.pairwise(bounds):
        if start >= last:
            made.append(unknown(start, end))
            continue
        spend = units(a_day * _wanted(start, end) * rng.lognormvariate(0, 0.4))
        inside = [e for e in events if start <= e.at < end]
        credit = {k: sum(e.quota or 0 for e in inside if e.kind == k) for k in _CREDITS}
        balance += sum(credit.values()) - spend
        gap = any(e.kind == "gap" for e in inside)
        made.append(
            Period(
                start, end, spend, usd(spend), spend, credit["top_up"], credit["refund"],
                spend // 9000, balance, 0.6 if gap else 1.0, gap,
            )
        )  # fmt: skip
    return tuple(made)


def _wanted(start: dt.datetime, end: dt.datetime) -> float:
    hours = round((end - start) / dt.timedelta(hours=1))
    local = [(start + dt.timedelta(hours=i)).astimezone(TAIPEI) for i in range(max(hours, 1))]
    return sum(_busy(at.weekday(), at.hour) for at in local) / 24 * min(1, hours or 0.2)


def _reconciliation(
    opening: int, closing: int, periods: tuple[Period, ...], events: tuple[ReportedEvent, ...]
) -> Reconciliation:
    top_ups, refunds, adjustments = (
        sum(e.quota or 0 for e in events if e.kind == kind) for kind in _CREDITS
    )
    spend = sum(p.spend or 0 for p in periods)
    in_flight = closing - opening - top_ups - refunds - adjustments + spend
    return Reconciliation(opening, top_ups, refunds, adjustments, 0, spend, 0, in_flight, closing)


def unknown(start: dt.datetime, end: dt.datetime) -> Period:
    return Period(start, end, None, None, None, None, None, None, None, 0.0, estimated=True)


def rate(window: str, dollars: float, days: float, coverage: float, *, known: bool = True) -> Rate:
    spend = units(dollars)
    a_day = round(dollars / days / coverage, 6) if known else None
    return Rate(window, spend, usd(spend), a_day, coverage)


def _depletion(balance: int, rate: float, start: dt.datetime) -> Depletion:
    if rate <= 0:
        return Depletion("idle", "nothing was spent")
    left = usd(balance) / rate
    if left <= 0:
        return Depletion("depleted", "the balance is used up")

    def after(share: float) -> dt.datetime:
        return start + dt.timedelta(days=left * share)

    state: Any = "projected" if left < 365 else "beyond_horizon"
    high = after(1.6) if left * 1.6 < 365 else None
    chances = (Chance(7, 0.9 if left < 7 else 0.04), Chance(30, 0.99 if left < 20 else 0.35))
    reason = None if state == "projected" else "the median is more than a year away"
    median = after(1.05) if state == "projected" else None
    linear = after(1 / 1.3)
    return Depletion(
        state, reason, 0.8, after(0.7), median, high, linear, chances, "profile", AS_OF,
        origin=start,
    )  # fmt: skip


def _fan(balance: int, rate: float, start: dt.datetime) -> tuple[FanPoint, ...]:
    if rate <= 0 or balance <= 0:
        return ()
    left = usd(balance) / rate

    def points() -> list[FanPoint]:
        shares = [i / 40 * 1.6 for i in range(41)]
        return [
            FanPoint(
                start + dt.timedelta(days=left * share),
                max(0, round(balance * (1 - share / 0.7))),
                max(0, round(balance * (1 - share / 1.05))),
                max(0, round(balance * (1 - share / 1.6))),
            )
            for share in shares
        ]

    return tuple(points()) if left < 400 else ()
