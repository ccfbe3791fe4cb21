"""Samples for the tests of the store: an account and its responses."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from usage_tracker.capture.user import UserSelf, parse_user_self
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.money import int_if_whole
from usage_tracker.store import accounts, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database

GOLDEN = Path(__file__).parent / "golden"
ACCOUNT = Account("default", TokenFromEnv("TRACKER_TOKEN"))
T0 = 1_764_500_000_000
MINUTE = 60_000


def account(name: str = "default", **changes: Any) -> Account:
    return Account(name, TokenFromEnv("TRACKER_TOKEN"), **changes)


def answer(captured_at: int = T0, quota: int = 1000, used: int = 0, **data: Any) -> UserSelf:
    body = {"success": True, "data": {"quota": quota, "used_quota": used, **data}}
    return parse_user_self(body, captured_at)


def save(database: Database, *answers: UserSelf, to: Account = ACCOUNT) -> StoredAccount:
    with database.write() as connection:
        stored = accounts.get_or_create(connection, to)
        for one in answers:
            snapshots.save(connection, stored, one)
    return stored


def everything(connection: Connection, tables: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Return every row, without the ids that the database assigns."""
    queries = {
        "account": "SELECT name, base_url, quota_per_unit, created_at FROM account",
        "snapshot": "SELECT a.name, s.captured_at, s.quota, s.used_quota, s.request_count,"
        " s.source, p.sha256, p.body FROM snapshot s JOIN account a USING (account_id)"
        " LEFT JOIN profile p ON p.profile_id = s.profile_id",
        "profile": "SELECT a.name, p.sha256, p.body"
        " FROM profile p JOIN account a USING (account_id)",
        "failure": "SELECT a.name, f.attempted_at, f.kind, f.http_status, f.detail"
        " FROM failure f JOIN account a USING (account_id)",
    }
    return {
        table: sorted(
            (tuple(map(_plain, row)) for row in connection.execute(text(queries[table]))), key=repr
        )
        for table in tables or queries
    }


def _plain(value: object) -> object:
    """Return a number of PostgreSQL as SQLite returns it."""
    return int_if_whole(value) if isinstance(value, Decimal) else value


def contents(database: Database, *tables: str) -> dict[str, list[Any]]:
    with database.read() as connection:
        return everything(connection, tables)
