"""The report as data; every format shows it.

Amounts are gateway units (`int`) with their worth in dollars beside them; moments
are aware UTC datetimes; unknown is None, never 0. Windows and periods are half-open,
[start, end).
"""

import datetime as dt
import enum
from dataclasses import dataclass, field

import pandas as pd

from usage_tracker.analysis.calendar import By
from usage_tracker.display import Displayed
from usage_tracker.forecast.depletion import Depletion, FanPoint
from usage_tracker.formatting import shorten
from usage_tracker.times import iso, to_ms


@dataclass(frozen=True, slots=True)
class Amount:
    """Units and their worth."""

    quota: int
    usd: float


class Detail(enum.Flag):
    """Fields of an account's report that take time and that not every reader shows."""

    NONE = 0
    DEPLETION = enum.auto()
    FAN = enum.auto()
    TRUST = enum.auto()
    BURN_DOWN = enum.auto()
    HEAT = enum.auto()
    ALL = DEPLETION | FAN | TRUST | BURN_DOWN | HEAT


FLEET = 20
"""A report on more accounts than this shows one line for each."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The snapshots a window stands on.

    `coverage` is the share of the window's time in intervals between snapshots
    short enough to be trusted; `age_seconds` is that at `as_of` of `latest`, the last
    snapshot in the window or before it.
    """

    count: int
    first: dt.datetime | None
    last: dt.datetime | None
    age_seconds: int | None
    failures: int
    coverage: float | None
    latest: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The lines from `opening` to `closing`, which add up to the unit.

    opening + top_ups + refunds + adjustments + covered - spend - uncounted + in_flight = closing
    """

    opening: int | None
    top_ups: int | None
    refunds: int | None
    adjustments: int | None
    covered: int | None
    spend: int | None
    uncounted: int | None
    in_flight: int | None
    closing: int | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Spend over the last `window` (`1h`, `24h`, `7d`, `30d`) before the window's end.

    `usd` is its worth; `usd_per_day` is what was drawn from the balance.
    """

    window: str
    spend: int | None
    usd: float | None
    usd_per_day: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Period:
    """One hour, day, week or month; `closing` is the balance at its end.

    `drawn` is what left the balance: the spend for most accounts.
    """

    start: dt.datetime
    end: dt.datetime
    spend: int | None
    usd: float | None
    drawn: int | None
    top_ups: int | None
    refunds: int | None
    requests: int | None
    closing: int | None
    coverage: float
    estimated: bool


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """Something that happened after `after`, at the latest at `at`; `quota` is signed units.

    `kind` is one of `ledger.events`; a reset, a gap and a stray have no quota.
    """

    kind: str
    after: dt.datetime
    at: dt.datetime
    quota: int | None
    usd: float | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class BalancePoint:
    """The balance at `at`, in units."""

    at: dt.datetime
    quota: int


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account's part. `fan` is the expected balance ahead (for charts; empty if there is none).

    `burn_down` is the balance at moments finer than the periods, and `heat` the mean
    spend per hour, in units, of each weekday's hours (7 from Monday on, by 24, in the
    report's zone; None where unknown); both are for charts and may be empty.

    `trust` is a sentence when the backtest on this very history shows that the
    interval does not keep its promise, else None.

    `same_user` are the names of the report's other accounts of the same user, whose balance is
    this one. A `retired` account is not configured (any more). Sums leave out both.
    """

    account: str
    base_url: str | None
    quota_per_unit: float
    snapshots: Coverage
    balance: Amount | None
    used: Amount | None
    reconciliation: Reconciliation
    rates: tuple[Rate, ...]
    periods: tuple[Period, ...]
    events: tuple[ReportedEvent, ...]
    depletion: Depletion
    fan: tuple[FanPoint, ...] = ()
    trust: str | None = None
    burn_down: tuple[BalancePoint, ...] = ()
    heat: tuple[tuple[float | None, ...], ...] = ()
    same_user: tuple[str, ...] = ()
    retired: bool = False

    def __repr__(self) -> str:
        """Return the account, its balance and its forecast's state."""
        left = "no balance" if self.balance is None else f"${self.balance.usd:,.2f}"
        return f"<AccountReport on {self.account}: {left}, {self.depletion.state}>"


@dataclass(frozen=True, slots=True)
class Report(Displayed):
    """What was known at `as_of` about some accounts in the window [since, until).

    `periods` has the periods of all accounts, by account and start, with every amount that
    the ledger knows (see `analysis.periods.totals`); those of an account are their rows.
    """

    as_of: dt.datetime
    timezone: str
    since: dt.datetime
    until: dt.datetime
    by: By
    accounts: tuple[AccountReport, ...]
    periods: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    def __repr__(self) -> str:
        """Return the accounts and the window: all figures would fill screens."""
        names = shorten([each.account for each in self.accounts])
        since, until = (iso(to_ms(at)) for at in (self.since, self.until))
        return f"<Report on {names}: {since} to {until}, by {self.by}>"
