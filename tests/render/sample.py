"""Reports to show: one for each situation a face has to cope with."""

import datetime as dt
from dataclasses import replace

from tests.render.account import AS_OF, account, empty, rate, unknown
from usage_tracker.analysis.calendar import By
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.money import units
from usage_tracker.reporting.model import (
    AccountReport,
    Amount,
    BalancePoint,
    Coverage,
    Rate,
    Reconciliation,
    Report,
)

TRUST = "Of 40 past forecasts 21 came true within their interval: 52 %, not the 80 % promised."
HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[red]not red[/red] [/]",
    "\u202eright to left\u202c",
    "=HYPERLINK(1)",
    "+1|2",
    "-1\n-2",
    "@SUM(A1)",
    "\tcell\rtwo",
    "\x1b[31mred\x07\x9b31m",
    "x" * 10_000,
    "z" + "\u0301" * 500,
    "测试帐户" * 20,
    "👩‍👩‍👧‍👦 family",
    'quote " back \\ slash',
)


def lived_in(days: int = 30, by: By = "day", name: str = "default", seed: int = 1) -> Report:
    """A working account with all that happens: top-ups, a refund, an adjustment, a gap."""
    return _report(by, days, (account(name, by, days, seed),))


def hourly() -> Report:
    """The same by the hour: 720 rows."""
    return lived_in(by="hour")


def a_year() -> Report:
    """A year by day."""
    return _report("day", 365, (account("default", "day", 365, 1, opening=4200.0),))


def by_month() -> Report:
    """A year by month."""
    return _report("month", 365, (account("default", "month", 365, 1, opening=4200.0),))


def first_hours() -> Report:
    """Three hours after the first snapshot: most is unknown, nothing can be projected."""
    began = AS_OF - dt.timedelta(hours=3)
    month = account("default", "day", 30, 3)
    *before, today = month.periods
    closing, spend = month.reconciliation.closing or 0, units(0.64)
    first_day = replace(
        today, spend=spend, usd=0.64, drawn=spend, requests=31, top_ups=0, coverage=0.23
    )
    young = replace(
        month,
        snapshots=Coverage(18, began, AS_OF, 20, 0, 0.004, AS_OF),
        reconciliation=Reconciliation(closing + spend, 0, 0, 0, 0, spend, 0, 0, closing),
        rates=(
            rate("1h", 0.21, 1 / 24, 1.0),
            rate("24h", 0.64, 1, 0.125, known=False),
            rate("7d", 0.64, 7, 0.018, known=False),
            rate("30d", 0.64, 30, 0.004, known=False),
        ),
        periods=(*(unknown(p.start, p.end) for p in before), first_day),
        events=(),
        depletion=Depletion(
            "insufficient_data", "there are 3 hours of history; a forecast needs 21 more hours"
        ),
        fan=(),
        burn_down=(BalancePoint(began, closing + spend), BalancePoint(AS_OF, closing)),
    )
    return _report("day", 30, (young,))


def lone_snapshot() -> Report:
    """The first snapshot, minutes old: what is left, and nothing of what was spent."""
    began, left = AS_OF - dt.timedelta(minutes=18), units(20.0)
    month = account("default", "day", 30, 4)
    *before, today = (unknown(p.start, p.end) for p in month.periods)
    lone = replace(
        month,
        snapshots=Coverage(1, began, began, 1080, 0, 0.0, began),
        balance=Amount(left, 20.0),
        reconciliation=Reconciliation(left, 0, 0, 0, 0, 0, 0, 0, left),
        rates=tuple(Rate(r.window, None, None, None, 0.0) for r in month.rates),
        periods=(*before, replace(today, closing=left)),
        events=(),
        depletion=Depletion("insufficient_data", "needs 24 more hours of history", origin=began),
        fan=(),
        burn_down=(BalancePoint(began, left),),
        heat=(),
    )
    return _report("day", 30, (lone,))


def no_snapshots() -> Report:
    """An account that was never captured."""
    return _report("day", 30, (empty("default"),))


def no_accounts() -> Report:
    """No account at all."""
    return _report("day", 30, ())


def idle() -> Report:
    """An account that spends nothing."""
    busy = account("idle", "day", 30, 5, a_day=0.0)
    still = Depletion("idle", "nothing was spent in the last 30 days")
    return _report("day", 30, (replace(busy, depletion=still, fan=()),))


def overdrawn() -> Report:
    """A balance below zero."""
    deep = account("overdrawn", "day", 30, 6, opening=120.0, top_ups={})
    gone = Depletion("depleted", "the balance is used up", method="profile")
    return _report("day", 30, (replace(deep, depletion=gone, fan=()),))


def huge() -> Report:
    """A company's balance: millions of dollars."""
    return _report("day", 30, (account("company", "day", 30, 7, opening=2e6, a_day=41_234.0),))


def stale() -> Report:
    """An account whose cron died nine days ago."""
    last = AS_OF - dt.timedelta(days=9)
    old = account("stale", "day", 30, 8, last=last)
    seen = Coverage(3020, old.snapshots.first, last, 777_600, 0, 0.7, last)
    reason = "the last snapshot is 9 days old"
    depletion = replace(old.depletion, state="stale", reason=reason)
    shown = replace(old, snapshots=seen, depletion=depletion, trust=TRUST)
    return _report("day", 30, (shown,))


def several() -> Report:
    """Four accounts in different states."""
    accounts = (
        account("batch jobs", "day", 30, 11, opening=2400.0, a_day=55.0),
        account("alice", "day", 30, 12, opening=90.0, a_day=3.0),
        idle().accounts[0],
        empty("never polled"),
    )
    return _report("day", 30, accounts)


def many(n: int = 60) -> Report:
    """A fleet: one line each is all there is room for."""
    fleet = tuple(
        account(f"team-{i:03d}", "day", 30, i, opening=120.0 + 31 * i, a_day=2.0 + i % 9)
        for i in range(n)
    )
    return _report("day", 30, fleet)


def hostile() -> Report:
    """Accounts whose names mean harm."""
    return _report("day", 7, tuple(account(n, "day", 7, 21) for n in HOSTILE_NAMES))


def everything() -> dict[str, Report]:
    """Every sample by its name."""
    return {
        make.__name__: make()
        for make in (
            lived_in, hourly, a_year, by_month, first_hours, lone_snapshot, no_snapshots,
            no_accounts, idle, overdrawn, huge, stale, several, many, hostile,
        )
    }  # fmt: skip


def _report(by: By, days: int, accounts: tuple[AccountReport, ...]) -> Report:
    since = AS_OF - dt.timedelta(days=days)
    return Report(AS_OF, "Asia/Taipei", since, AS_OF, by, accounts)
