"""The last forecast of each account, which `tracker status` shows without computing one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from usage_tracker.errors import DatabaseError
from usage_tracker.store.database import Database
from usage_tracker.store.schema import forecast


@dataclass(frozen=True, slots=True)
class StoredForecast:
    """A forecast from the snapshot at `origin`, with a balance of `quota` units.

    Moments are UTC ms; `low`, `median` and `high` are None where the forecast has none.
    """

    origin: int
    quota: int
    state: str
    low: int | None
    median: int | None
    high: int | None


def by_account(connection: Connection, account_ids: Sequence[int]) -> dict[int, StoredForecast]:
    """Return the stored forecasts, by account_id."""
    found = connection.execute(select(forecast).where(forecast.c.account_id.in_(account_ids)))
    return {account_id: StoredForecast(*row) for account_id, *row in found}


def store(database: Database, forecasts: Mapping[int, StoredForecast]) -> None:
    """Store forecasts by account_id, if the database can be written at once."""
    with database.read() as connection:
        known = by_account(connection, list(forecasts))
    changed = {key: new for key, new in forecasts.items() if known.get(key) != new}
    if not changed:
        return
    rows = [
        {
            "account_id": account_id,
            "origin": new.origin,
            "quota": new.quota,
            "state": new.state,
            "low": new.low,
            "median": new.median,
            "high": new.high,
        }
        for account_id, new in changed.items()
    ]
    try:
        with database.write(deadline=0) as connection:
            connection.execute(delete(forecast).where(forecast.c.account_id.in_(list(changed))))
            connection.execute(insert(forecast), rows)
    except DatabaseError:
        # Read-only, or busy: the next report does it.
        return
