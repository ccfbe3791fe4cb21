"""Integrity checks: the file, its references, and rows that contradict each other."""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select
from sqlalchemy.exc import OperationalError

from usage_tracker.fs import exists
from usage_tracker.money import LARGEST, SMALLEST, SUM_TOO_LARGE
from usage_tracker.store import accounts, profiles
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.engine import DEADLINE, open_engine
from usage_tracker.store.errors import translated_errors
from usage_tracker.store.location import Location
from usage_tracker.store.profiles import DamagedProfileError
from usage_tracker.store.references import describe_dangling
from usage_tracker.store.schema import Source, snapshot
from usage_tracker.times import iso

_STEPS = 10_000
"""Instructions of SQLite between two looks at the clock: about a millisecond."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of `subject`, which is an account's name or `database`."""

    subject: str
    message: str


def check(database: Database, now: int) -> list[Finding]:
    """Return all problems of `database` at `now` (UTC ms)."""
    return check_file(database.location) or check_rows(database, now)


def check_file(location: Location) -> list[Finding]:
    """Return the damage of an SQLite file of any schema, and its references to nothing."""
    if not (location.is_sqlite and exists(location.path)):
        return []
    engine = open_engine(location, DEADLINE, keep_journal_mode=True)
    try:
        with translated_errors(location), engine.connect() as connection, connection.begin():
            return list(_damage(connection))
    finally:
        engine.dispose()


def check_rows(database: Database, now: int) -> list[Finding]:
    """Return rows of a sound database that cannot be right at `now` (UTC ms)."""
    with database.read() as connection:
        return [
            finding
            for account in accounts.list_accounts(connection)
            for finding in _account_findings(connection, account, now)
        ]


def quick_check(connection: Connection, seconds: float) -> bool | None:
    """Return whether an SQLite file can be read, None if that takes longer than `seconds`.

    Faster than `check`.
    """
    end = time.monotonic() + seconds
    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        return connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        return None
    finally:
        raw.set_progress_handler(None, 0)


def _damage(connection: Connection) -> Iterator[Finding]:
    for (text,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if text != "ok":
            yield Finding("database", text)
    for line in describe_dangling(connection):
        yield Finding("database", line)


def _account_findings(
    connection: Connection, account: StoredAccount, now: int
) -> Iterator[Finding]:
    yield from _profile_findings(connection, account)
    mine = snapshot.c.account_id == account.account_id
    future, last = connection.execute(
        select(func.count(), func.max(snapshot.c.captured_at)).where(
            mine, snapshot.c.captured_at > now
        )
    ).one()
    if future:
        yield Finding(account.name, f"{future} snapshots are in the future, up to {iso(last)}")
    yield from _sum_findings(connection, account)
    strange = connection.scalar(
        select(func.count()).where(mine, snapshot.c.source.not_in(list(Source)))
    )
    if strange:
        yield Finding(account.name, f"{strange} snapshots have an unknown source")


def _sum_findings(connection: Connection, account: StoredAccount) -> Iterator[Finding]:
    """Name the snapshots of earlier versions that are refused now."""
    quota, used = snapshot.c.quota, snapshot.c.used_quota
    beyond = case((used > 0, quota > LARGEST - used), else_=quota < SMALLEST - used)
    count, first = connection.execute(
        select(func.count(), func.min(snapshot.c.captured_at)).where(
            snapshot.c.account_id == account.account_id, beyond
        )
    ).one()
    if count:
        yield Finding(account.name, f"{SUM_TOO_LARGE} in {count} snapshots, first at {iso(first)}")


def _profile_findings(connection: Connection, account: StoredAccount) -> Iterator[Finding]:
    identities = profiles.Identities()
    for profile_id, sha256, body in profiles.list_profiles(connection, account.account_id):
        try:
            rest = profiles.parse(body)
        except DamagedProfileError:
            rest = None
        if rest is None or profiles.digest(body) != sha256:
            yield Finding(account.name, f"profile {profile_id} does not match its checksum")
            continue
        if (user := identities.mismatch(rest)) is not None:
            yield Finding(account.name, f"profile {profile_id} belongs to another user, {user}")
        identities.add(rest)
