"""What a notebook calls: `load` a history, `report` on it, `plot` it."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from usage_tracker import times
from usage_tracker.analysis.periods import By
from usage_tracker.analysis.readings import Readings
from usage_tracker.config.settings import load as load_settings
from usage_tracker.config.zone import zone_named
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.history import History
from usage_tracker.render import charts
from usage_tracker.reporting import Report
from usage_tracker.reporting.build import Frame, build, view
from usage_tracker.store import accounts, columns, failures
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from sqlalchemy import Connection

Moment = dt.datetime | str


class SeveralAccountsError(MisuseError):
    """One history was asked for, and the database has several."""

    def __init__(self, names: list[str]) -> None:
        listed = ", ".join(map(repr, names))
        super().__init__(f"the database has several accounts: load one of {listed} by its name")


class NothingStoredError(NoHistoryError):
    """A database without any account."""

    def __init__(self) -> None:
        super().__init__("the database is empty: run `tracker snapshot`, or try `tracker demo`")


def load(database: str | Path | None = None, account: str | None = None) -> History:
    """The whole history of one account.

    Args:
        database: A file or an SQLAlchemy URL; by default the configured one.
        account: Its name; may be left out where there is only one.

    Raises:
        SeveralAccountsError: none was named and there are several.
        NoHistoryError: there is no database, or nothing in it.
    """
    where = database if database is not None else load_settings().database
    with Database.open(where, create=False) as opened, opened.read() as connection:
        return _history(connection, _chosen(connection, account))


def report(
    history: History,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    as_of: Moment | None = None,
    by: By = "day",
    tz: str | None = None,
) -> Report:
    """The report on `history`: of the last 30 days by day, unless told otherwise.

    Moments are aware datetimes, or text as the command line takes it (`7d`, `20261123`).
    `as_of` is the last snapshot's, if not given; nothing later is used. `tz` is an IANA
    name, by default the configured or the machine's zone.
    """
    zone = zone_named(tz or load_settings().timezone)
    last = int(history.readings.times[-1]) if len(history.readings) else times.now_ms()
    now = last if as_of is None else _ms(as_of, last, zone)
    start, end = (None if moment is None else _ms(moment, now, zone) for moment in (since, until))
    frame = Frame.of(now, start, end, by, zone)
    return build([view(history, frame)], frame, zone.key)


def plot(history: History, *, tz: str | None = None, dark: bool = False) -> "Figure":
    """The history's burn-down, spend and week as a matplotlib Figure."""
    return charts.plot(report(history, tz=tz), dark=dark)


def _ms(moment: Moment, now: int, zone: dt.tzinfo) -> int:
    return times.moment_ms(moment, now, zone) if isinstance(moment, str) else times.to_ms(moment)


def _chosen(connection: "Connection", name: str | None) -> StoredAccount:
    if name is not None:
        return accounts.get(connection, name)
    stored = accounts.stored(connection)
    if not stored:
        raise NothingStoredError
    if len(stored) > 1:
        raise SeveralAccountsError([account.name for account in stored])
    return stored[0]


def _history(connection: "Connection", account: StoredAccount) -> History:
    found = columns.read(connection, account.account_id)
    failed = failures.between(connection, account.account_id)
    return History(
        Readings(found.times, found.quota, found.used, found.requests),
        account=account.name,
        base_url=account.base_url,
        quota_per_unit=account.quota_per_unit,
        failures=tuple(failure.attempted_at for failure in failed),
    )
