"""Any report at all, for what must hold of every one of them."""

import datetime as dt
from itertools import pairwise
from typing import TypeVar, get_args

from hypothesis import strategies as st

from tests.render.sample import HOSTILE_NAMES
from usage_tracker.analysis.calendar import EVERY
from usage_tracker.forecast.depletion import Chance, Depletion, FanPoint
from usage_tracker.forecast.inputs import State
from usage_tracker.money import int_if_whole, usd
from usage_tracker.reporting.model import (
    AccountReport,
    Amount,
    BalancePoint,
    Coverage,
    Period,
    Rate,
    Reconciliation,
    Report,
    ReportedEvent,
)

T = TypeVar("T")

ZONES = ("UTC", "Asia/Taipei", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")
KINDS = ("top_up", "refund", "adjustment", "reset", "gap")

_SIZE = st.integers(-(2**63), 2**63 - 1) | st.integers(-2_000_000, 200_000_000)
_SPENT = st.integers(0, 2**63 - 1) | st.integers(0, 200_000_000)
_SHARE = st.floats(0, 1)
_EARLIEST = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)

names = st.text(max_size=80) | st.sampled_from(HOSTILE_NAMES)
moments = st.integers(0, 20 * 365 * 86_400).map(lambda s: _EARLIEST + dt.timedelta(seconds=s))


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    spend = draw(maybe(_SPENT))
    worth = None if spend is None else usd(spend)
    a_day = draw(maybe(st.floats(0, 1e9)))
    return Rate(
        draw(st.sampled_from(("1h", "24h", "7d", "30d"))), spend, worth, a_day, draw(_SHARE)
    )


@st.composite
def periods(draw: st.DrawFn, start: dt.datetime, end: dt.datetime, per_usd: float) -> Period:
    spend = draw(maybe(_SPENT))
    top_ups, refunds, requests = (draw(maybe(_SPENT)) for _ in range(3))
    return Period(
        start,
        end,
        spend,
        None if spend is None else usd(spend, per_usd),
        spend,
        top_ups,
        refunds,
        requests,
        draw(maybe(_SIZE)),
        draw(_SHARE),
        draw(st.booleans()),
    )


@st.composite
def events(draw: st.DrawFn) -> ReportedEvent:
    after, at = sorted((draw(moments), draw(moments)))
    quota = draw(maybe(_SIZE))
    worth = None if quota is None else usd(quota)
    return ReportedEvent(draw(st.sampled_from(KINDS)), after, at, quota, worth, draw(st.booleans()))


@st.composite
def depletions(draw: st.DrawFn) -> Depletion:
    low, median, high = sorted(draw(moments) for _ in range(3))
    keep = draw(st.integers(0, 3))
    return Depletion(
        draw(st.sampled_from(get_args(State))),
        draw(maybe(st.text(max_size=30))),
        draw(st.floats(0.5, 0.99)),
        low if keep > 0 else None,
        median if keep > 1 else None,
        high if keep > 2 else None,
        draw(maybe(moments)),
        tuple(draw(st.lists(st.builds(Chance, st.integers(1, 365), _SHARE), max_size=3))),
        draw(maybe(names)),
        draw(maybe(moments)),
    )


@st.composite
def fans(draw: st.DrawFn) -> tuple[FanPoint, ...]:
    at = sorted(draw(st.lists(moments, max_size=6, unique=True)))
    bounds = (sorted(draw(_SIZE) for _ in range(3)) for _ in at)
    return tuple(FanPoint(m, *b) for m, b in zip(at, bounds, strict=True))


@st.composite
def accounts(draw: st.DrawFn, edges: list[dt.datetime]) -> AccountReport:
    per_usd = draw(
        st.just(500_000) | st.integers(1, 10**9) | st.floats(0.01, 10**9).map(int_if_whole)
    )
    points = sorted(draw(st.lists(moments, max_size=6)))
    balance = draw(maybe(_SIZE))
    return AccountReport(
        account=draw(names),
        base_url=draw(maybe(names)),
        quota_per_unit=per_usd,
        snapshots=draw(
            st.builds(
                Coverage,
                st.integers(0, 10**9),
                maybe(moments),
                maybe(moments),
                maybe(st.integers(0, 10**9)),
                st.integers(0, 10**9),
                maybe(_SHARE),
            )
        ),
        balance=None if balance is None else Amount(balance, usd(balance, per_usd)),
        used=draw(maybe(st.builds(Amount, _SPENT, st.floats(0, 1e12)))),
        reconciliation=Reconciliation(*(draw(maybe(_SIZE)) for _ in range(9))),
        rates=tuple(draw(st.lists(rates(), max_size=4))),
        periods=tuple(draw(periods(a, b, per_usd)) for a, b in pairwise(edges)),
        events=tuple(draw(st.lists(events(), max_size=5))),
        depletion=draw(depletions()),
        fan=draw(fans()),
        trust=draw(maybe(names)),
        burn_down=tuple(BalancePoint(at, draw(_SIZE)) for at in points),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    edges = sorted(draw(st.lists(moments, min_size=2, max_size=8, unique=True)))
    made = draw(st.lists(accounts(edges), max_size=3))
    return Report(
        edges[-1],
        draw(st.sampled_from(ZONES)),
        edges[0],
        edges[-1],
        draw(st.sampled_from(EVERY)),
        tuple(made),
    )
