"""The numbers behind `tracker status`.

They come from the last snapshot and the spend since midnight and of 24 hours, so that their
cost does not depend on the length of the history.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from usage_tracker.money import usd
from usage_tracker.store import recent_spend, snapshots
from usage_tracker.store.accounts import StoredAccount
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
    now: int

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
    def usd_per_day(self) -> float | None:
        """Return what is drawn a day by the known time of 24 hours; None if it is uncertain."""
        per_day = self.last_day.per_day if self.last_day else None
        return None if per_day is None else round(per_day / self.account.quota_per_unit, 6)

    @property
    def days_left(self) -> float | None:
        """Return how long the balance lasts at that rate; None if it is zero or unknown."""
        if self.snapshot.quota <= 0:
            return 0.0
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
    return [
        AccountStatus(by_id[key], latest, *_spent(connection, key, today, now), now)
        for key, (latest,) in snapshots.at_or_before(connection, list(by_id), [now]).items()
        if latest is not None
    ]


def _spent(
    connection: Connection, account_id: int, today: int, now: int
) -> tuple[RecentSpend | None, RecentSpend | None]:
    """Return the spend since midnight and that of 24 hours."""
    spent_today, last_day = recent(connection, account_id, (today, now - DAY), now)
    return spent_today, last_day


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
        "days_left": status.days_left,
    }
