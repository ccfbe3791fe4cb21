"""The database: can it be used, how old is what it knows, and did the last notices arrive."""

import importlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from usage_tracker import formatting
from usage_tracker.config.accounts import Account
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels, Thresholds
from usage_tracker.doctor.diagnostic import Symptom, failed, note, well, wrong
from usage_tracker.errors import TrackerError
from usage_tracker.monitoring.hooks import PING
from usage_tracker.monitoring.rules import RECENT_SNAPSHOTS, stale_after
from usage_tracker.store import accounts, alerts, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.integrity import is_whole
from usage_tracker.times import HOUR, SECOND


def examine_database(settings: Settings, now: int) -> Iterator[Symptom]:
    """What the database is like at `now` (UTC ms); nothing in it is changed."""
    try:
        with (
            Database.open(settings.database, create=False, upgrade=False) as database,
            database.read() as connection,
        ):
            if database.location.is_sqlite and not is_whole(connection):
                yield wrong("database", f"{database.location} is damaged", "restore a backup")
                return
            yield well("database", f"{database.location} is at the schema of this program")
            yield from _accounts(connection, settings, now)
    except TrackerError as error:
        yield failed("database", error)


def examine_channels(channels: Channels) -> Iterator[Symptom]:
    """Whether notices can be sent."""
    if channels.urls and importlib.util.find_spec("apprise") is None:
        cure = "pip install 'usage-tracker[notify]'"
        yield wrong("notify", "[notify] has urls, but Apprise is not installed", cure)
    elif any(not _is_known(url) for url in channels.urls):
        number = next(n for n, url in enumerate(channels.urls, 1) if not _is_known(url))
        yield wrong(
            "notify",
            f"[notify] urls[{number}] is not a URL that Apprise supports",
            "see https://appriseit.com/services/ for how each service is written",
        )
    elif not channels and channels.ping_url is None:
        cure = "[notify] in the configuration: urls, command or ping_url"
        yield note("notify", "nobody is told when the credit runs low or cron dies", cure)


def _is_known(url: str) -> bool:
    """Whether Apprise has a service for `url`; nothing is sent."""
    logging.getLogger("apprise").propagate = False  # its complaints quote the URL
    with warnings.catch_warnings(action="ignore"):  # of its plug-ins' own
        apprise: Any = importlib.import_module("apprise")
        return bool(apprise.Apprise().add(url))


def _accounts(connection: Connection, settings: Settings, now: int) -> Iterator[Symptom]:
    known = {account.name: account for account in accounts.stored(connection)}
    for account in settings.accounts:
        stored = known.get(account.name)
        limit = Thresholds.read(settings.document, account.name).max_age
        yield _age(connection, account.name, stored, limit, now)
        if stored is not None:
            yield from _unit(account, stored)
            yield from _notices(connection, stored, Channels.read(settings.document))


def _unit(account: Account, stored: StoredAccount) -> Iterator[Symptom]:
    """Whether the history counts in other units than the configuration has it."""
    if account.quota_per_unit != stored.quota_per_unit:
        text = (
            f"the history's dollars are computed by {stored.quota_per_unit}, "
            f"the configuration has {account.quota_per_unit}"
        )
        cure = "`tracker snapshot` takes it over, for the whole history"
        yield note("quota_per_unit", text, cure, account.name)


def _age(
    connection: Connection, name: str, account: StoredAccount | None, limit: int | None, now: int
) -> Symptom:
    recent = _recent(connection, account)
    if not recent:
        return wrong("history", "no snapshot yet", "run `tracker snapshot`", name)
    age = now - recent[0]
    text = f"the last snapshot is {formatting.age(max(age, 0) / SECOND)} old"
    if age < -HOUR:
        return wrong("history", "the last snapshot is of the future", "set the clock", name)
    if age > stale_after(recent, limit):
        return wrong("history", text, "see that cron runs: `tracker schedule show`", name)
    return well("history", text, name)


def _recent(connection: Connection, account: StoredAccount | None) -> list[int]:
    if account is None:
        return []
    rows = snapshots.iterate(
        connection, account.account_id, limit=RECENT_SNAPSHOTS, newest_first=True
    )
    return [snapshot.captured_at for snapshot in rows]


def _notices(
    connection: Connection, account: StoredAccount, channels: Channels
) -> Iterator[Symptom]:
    for rule, alert in alerts.load(connection, account.account_id).items():
        if alert.problem and (rule != PING or channels.ping_url):
            cure = "see [notify] in the configuration"
            yield wrong("notify", f"the last notice ({rule}): {alert.problem}", cure, account.name)
