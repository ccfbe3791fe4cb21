"""The numbers behind `tracker status`.

They come from the last snapshot, the spend of the last seven days, and the forecast that the
last report or check stored. Their cost does not depend on the length of the history.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection

from usage_tracker.money import usd
from usage_tracker.store import forecasts, recent_spend, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.forecasts import StoredForecast
from usage_tracker.store.recent_spend import RecentSpend
from usage_tracker.store.snapshots import Snapshot
from usage_tracker.times import DAY, SECOND, from_ms, iso, midnight, to_ms


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account at the moment `now` (UTC ms). Amounts are gateway units; None is unknown."""

    account: StoredAccount
    snapshot: Snapshot
    today: RecentSpend | None
    last_day: RecentSpend | None
    last_week: RecentSpend | None
    forecast: StoredForecast | None
    now: int
    tz: dt.tzinfo

    @property
    def spent_today(self) -> int | None:
        """Return the units spent since midnight."""
        return self.today.units if self.today else None

    @property
    def spent_24h(self) -> int | None:
        """Return the units spent in the last 24 hours."""
        return self.last_day.units if self.last_day else None

    @property
    def age(self) -> int:
        """Return the seconds since the last snapshot."""
        return max(self.now - self.snapshot.captured_at, 0) // SECOND

    @property
    def rate(self) -> tuple[str, float] | None:
        """Return the time whose rate is shown, and the units drawn a day; None if uncertain."""
        for window, spend in (("7 d", self.last_week), ("24 h", self.last_day)):
            if spend is not None and spend.per_day is not None:
                return window, spend.per_day
        return None

    @property
    def rate_window(self) -> str | None:
        """Return the time whose rate is shown: `7 d`, or `24 h` for a young history."""
        return self.rate and self.rate[0]

    @property
    def usd_per_day(self) -> float | None:
        """Return what is drawn from the balance a day; None if it is uncertain."""
        return None if self.rate is None else round(self.rate[1] / self.account.quota_per_unit, 6)

    @property
    def fresh_forecast(self) -> StoredForecast | None:
        """Return the stored forecast if it is at most a day older than the last snapshot."""
        told = self.forecast
        return told if told and self.snapshot.captured_at - told.origin <= DAY else None

    @property
    def is_refilled(self) -> bool:
        """Return whether the balance is refilled by itself, by the stored forecast."""
        return self.fresh_forecast is not None and self.fresh_forecast.state == "refilled"

    def runs_out(self, quantile: Literal["low", "median", "high"]) -> int | None:
        """Return when the balance runs out (UTC ms) by the stored forecast, if it is fresh.

        The time that the forecast gives its balance is scaled to the balance of today.
        """
        told = self.fresh_forecast
        end: int | None = None if told is None else getattr(told, quantile)
        if told is None or end is None:
            return None
        share = self.snapshot.quota / told.quota if told.quota > 0 else 0.0
        return round(self.snapshot.captured_at + (end - told.origin) * share)

    @property
    def days_left(self) -> float | None:
        """Return how long the balance lasts; None if nothing is drawn or the rate is unknown.

        By the stored forecast if it is fresh, else by the rate.
        """
        if self.snapshot.quota <= 0:
            return 0.0
        end = self.runs_out("median")
        if end is not None:
            return round(max(end - self.now, 0) / DAY, 2)
        if not self.usd_per_day:
            return None
        return round(usd(self.snapshot.quota, self.account.quota_per_unit) / self.usd_per_day, 2)

    def usd(self, units: int | None) -> float | None:
        """Return the value of `units`."""
        return None if units is None else usd(units, self.account.quota_per_unit)

    def amount(self, units: int | None) -> dict[str, Any] | None:
        """Return `units` and their value for JSON."""
        return None if units is None else {"quota": units, "usd": self.usd(units)}


def read(
    connection: Connection, accounts: Iterable[StoredAccount], now: int, tz: dt.tzinfo
) -> list[AccountStatus]:
    """Return the status at `now` of each of `accounts` that has a snapshot."""
    by_id = {account.account_id: account for account in accounts}
    today = to_ms(midnight(from_ms(now).astimezone(tz).date(), tz))
    told = forecasts.by_account(connection, list(by_id))
    latest = snapshots.at_or_before(connection, list(by_id), [now])
    return [
        AccountStatus(
            by_id[key],
            snapshot,
            *_spent(connection, key, today, now),
            told.get(key),
            now,
            tz,
        )
        for key, (snapshot,) in latest.items()
        if snapshot is not None
    ]


def _spent(
    connection: Connection, account_id: int, today: int, now: int
) -> tuple[RecentSpend | None, RecentSpend | None, RecentSpend | None]:
    """Return the spend since midnight, of 24 hours and of seven days."""
    moments = (today, now - DAY, now - 7 * DAY)
    spent_today, last_day, last_week = recent(connection, account_id, moments, now)
    return spent_today, last_day, last_week


def recent(
    connection: Connection, account_id: int, moments: Sequence[int], now: int
) -> list[RecentSpend | None]:
    """Return the spend since each of `moments`."""
    rows = recent_spend.rows_since(connection, account_id, min(moments), now)
    if recent_spend.is_plain(rows):
        return [recent_spend.spent_since(rows, since, now) for since in moments]
    from usage_tracker.store import recent_ledger

    context = recent_ledger.CONTEXT
    rows = recent_spend.rows_since(connection, account_id, min(moments), now, context)
    return [recent_ledger.spent_since(rows, since, now) for since in moments]


RUNS_OUT: Final[Mapping[str, Literal["low", "median", "high"]]] = {
    "runs_out": "median",
    "low": "low",
    "high": "high",
}
"""The fields of a status that show the stored forecast."""


def _iso(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def as_json(status: AccountStatus) -> Mapping[str, Any]:
    """Return the account's part of the document."""
    return {
        "account": status.account.name,
        "captured_at": iso(status.snapshot.captured_at),
        "age_seconds": status.age,
        "balance": status.amount(status.snapshot.quota),
        "used": status.amount(status.snapshot.used_quota),
        "spent_today": status.amount(status.spent_today),
        "spent_24h": status.amount(status.spent_24h),
        "usd_per_day": status.usd_per_day,
        "rate_window": None if (window := status.rate_window) is None else window.replace(" ", ""),
        "days_left": status.days_left,
        **{name: _iso(status.runs_out(at)) for name, at in RUNS_OUT.items()},
    }
