"""Two days written by hand, and histories put into a database as snapshots would be."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import insert

from usage_tracker.history import History
from usage_tracker.ledger.arrays import UNKNOWN, SnapshotArrays
from usage_tracker.store import accounts, failures, schema
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.store.schema import Source
from usage_tracker.times import HOUR, MINUTE

GATEWAY = "https://gateway.example"
UNIT = 500_000
MONDAY = 1_780_272_000_000
"""2026-06-01T00:00Z, a Monday."""


@dataclass(frozen=True, slots=True)
class Named:
    """An account to store under."""

    name: str = "default"
    base_url: str = GATEWAY
    quota_per_unit: float = UNIT


def two_days() -> History:
    """Hourly snapshots from Monday, 00:00 UTC, to Wednesday, 00:00.

    On Monday it spends 20 000 units an hour, on Tuesday nothing until noon and 40 000 an
    hour from then on. Between 9 and 10 on Tuesday it buys $10, between 11 and 12 it is
    given back 100 000 units. An hour has ten requests. One attempt failed, at 15:30.
    """
    hours = np.arange(49, dtype=np.int64)
    spent = 20_000 * np.minimum(hours, 24) + 40_000 * np.maximum(hours - 36, 0)
    bought, refunded = 5_000_000 * (hours >= 34), 100_000 * (hours >= 36)
    return History(
        SnapshotArrays(
            times=MONDAY + hours * HOUR,
            quota=3_000_000 - spent + bought + refunded,
            used=7_000_000 + spent - refunded,
            requests=10 * hours,
        ),
        account="default",
        base_url=GATEWAY,
        failures=(MONDAY + 15 * HOUR + 30 * MINUTE,),
        timezone="UTC",
    )


def keep(database: Database, history: History) -> StoredAccount:
    """Store `history` under its account's name."""
    named = Named(history.account, history.base_url or GATEWAY, history.quota_per_unit)
    with database.write() as connection:
        account = accounts.get_or_create(connection, named)
        rows = _rows(history.readings, account.account_id)
        for start in range(0, len(rows), 10_000):
            connection.execute(insert(schema.snapshot), rows[start : start + 10_000])
        for moment in history.failures:
            failures.record(connection, account.account_id, Failure(moment, "server_error", 503))
    return account


def _rows(readings: SnapshotArrays, account_id: int) -> list[dict[str, int | None]]:
    requests = readings.requests if readings.requests is not None else readings.times * 0 + UNKNOWN
    columns = (readings.times, readings.quota, readings.used, requests)
    return [
        {
            "account_id": account_id,
            "captured_at": moment,
            "quota": quota,
            "used_quota": used,
            "request_count": None if count == UNKNOWN else count,
            "source": int(Source.GATEWAY),
        }
        for moment, quota, used, count in zip(*(c.tolist() for c in columns), strict=True)
    ]
