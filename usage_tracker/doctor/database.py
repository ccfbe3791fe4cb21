"""Checks of the database, of the age of its snapshots and of the delivery of notices."""

import importlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from shlex import quote
from typing import Any

from sqlalchemy import Connection

from usage_tracker import formatting, recording
from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.poll import Attempt
from usage_tracker.config.accounts import Account
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels, Thresholds
from usage_tracker.doctor.diagnostic import Diagnostic, from_error, note, ok, problem
from usage_tracker.errors import TrackerError
from usage_tracker.installation import install_command
from usage_tracker.monitoring.hooks import PING
from usage_tracker.monitoring.rules import RECENT_SNAPSHOTS, stale_after
from usage_tracker.store import accounts, alerts, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.integrity import quick_check
from usage_tracker.store.same_user import same_users
from usage_tracker.times import HOUR, SECOND, iso

CHECK_SECONDS = 10.0
_AHEAD = HOUR
"""A snapshot that is further ahead is of the future."""


def check_database(settings: Settings, now: int) -> Iterator[Diagnostic]:
    """Check the database at `now` (UTC ms) without changing it."""
    try:
        with (
            Database.open(settings.database, create=False, upgrade=False) as database,
            database.read() as connection,
        ):
            location = database.location
            sound = quick_check(connection, CHECK_SECONDS) if location.is_sqlite else True
            if sound is False:
                yield problem("database", f"{location} is damaged", "run `tracker db restore`")
                return
            if sound is None:
                text = f"{location} is too large to be checked in {CHECK_SECONDS:g} s"
                yield note("database", text, "run `tracker db check` from time to time")
            yield ok("database", f"{database.location} has the current schema")
            yield from _check_accounts(connection, settings, now)
    except TrackerError as error:
        yield from_error("database", error)


def explain_block(settings: Settings, attempt: Attempt) -> None:
    """Give the error of `attempt` the fix of a firewall's block if the database knows of one."""
    if not isinstance(attempt.outcome, GatewayError):
        return
    with (
        suppress(TrackerError),  # its own check reports it
        Database.open(settings.database, create=False, upgrade=False) as database,
        database.read() as connection,
    ):
        account = accounts.get(connection, attempt.account.name)
        now = attempt.attempted_at
        recording.explain_block(connection, account.account_id, attempt.outcome, now)


def _check_accounts(connection: Connection, settings: Settings, now: int) -> Iterator[Diagnostic]:
    known = {account.name: account for account in accounts.list_accounts(connection)}
    yield from _check_same_users(connection, settings, known)
    channels = Channels.read(settings.document)
    for account in settings.accounts:
        stored = known.get(account.name)
        max_age = Thresholds.read(settings.document, account.name).max_age
        recent = _recent(connection, stored, now) if stored else []
        future = list(_check_future(connection, stored, now)) if stored else []
        yield from future
        if recent or not future:
            yield _check_age(account.name, recent, max_age, now)
        if stored is not None:
            yield from _check_units(account, stored)
            yield from _check_notices(connection, stored, channels)


def _check_same_users(
    connection: Connection, settings: Settings, known: Mapping[str, StoredAccount]
) -> Iterator[Diagnostic]:
    configured = {account.name for account in settings.accounts}
    current = [account for name, account in known.items() if name in configured]
    same = same_users(connection, current, settings.accounts)
    for names in sorted({tuple(sorted((name, *others))) for name, others in same.items()}):
        text = f"{', '.join(map(formatting.visible, names))} are the same user of the same gateway"
        remove = f"tracker accounts remove {quote(names[-1])}"
        cure = f"sums count the balance once; to keep one name, `{remove}`"
        yield note("accounts", text, cure)


def _recent(connection: Connection, account: StoredAccount, now: int) -> list[int]:
    until = now + _AHEAD
    rows = snapshots.iterate(
        connection, account.account_id, None, until, limit=RECENT_SNAPSHOTS, newest_first=True
    )
    return [snapshot.captured_at for snapshot in rows]


def _check_future(connection: Connection, account: StoredAccount, now: int) -> Iterator[Diagnostic]:
    """Report snapshots of the future; whether the clock is wrong, its own check says."""
    count = snapshots.count(connection, account.account_id, now + _AHEAD)
    last = snapshots.last(connection, account.account_id)
    if count and last is not None:
        moment = iso(last.captured_at)
        text = f"{formatting.count_noun(count, 'snapshot')} in the future, up to {moment}"
        remove = f"tracker history remove {moment} --account {quote(account.name)}"
        cure = f"if this machine's clock is right, remove the last one: `{remove}`"
        yield problem("history", text, cure, account.name)


def _check_age(name: str, newest_first: list[int], max_age: int | None, now: int) -> Diagnostic:
    if not newest_first:
        return problem("history", "no snapshot yet", "run `tracker snapshot`", name)
    age = now - newest_first[0]
    text = f"the last snapshot is {formatting.age(max(age, 0) / SECOND)} old"
    if age > stale_after(newest_first, max_age):
        return problem("history", text, "check that cron runs: `tracker schedule show`", name)
    return ok("history", text, name)


def _check_units(account: Account, stored: StoredAccount) -> Iterator[Diagnostic]:
    if account.quota_per_unit != stored.quota_per_unit:
        text = (
            f"the history counts {stored.quota_per_unit} units to the dollar, "
            f"the configuration {account.quota_per_unit}"
        )
        cure = "the next `tracker snapshot` applies the configuration to the whole history"
        yield note("quota_per_unit", text, cure, account.name)


def _check_notices(
    connection: Connection, account: StoredAccount, channels: Channels
) -> Iterator[Diagnostic]:
    for rule, alert in alerts.load(connection, account.account_id).items():
        if alert.problem and (rule != PING or channels.ping_url):
            text = f"the last notice ({rule}): {alert.problem}"
            yield problem("notify", text, "see [notify] in the configuration", account.name)


def check_channels(channels: Channels) -> Iterator[Diagnostic]:
    """Check that notices can be sent, without sending one."""
    if channels.urls and importlib.util.find_spec("apprise") is None:
        cure = f"run `{install_command('notify')}`"
        yield problem("notify", "[notify] has urls, but Apprise is not installed", cure)
    elif number := next((n for n, url in enumerate(channels.urls, 1) if not _is_known(url)), 0):
        yield problem(
            "notify",
            f"[notify] urls[{number}] is not a URL that Apprise supports",
            "see https://appriseit.com/services/ for the URL of each service",
        )
    elif not channels and channels.ping_url is None:
        cure = "set urls, command or ping_url under [notify] in the configuration"
        yield note("notify", "no notice is sent when the credit runs low or cron stops", cure)


def _is_known(url: str) -> bool:
    """Return whether Apprise has a service for `url`."""
    logging.getLogger("apprise").propagate = False  # its warnings quote the URL
    with warnings.catch_warnings(action="ignore"):  # from its plug-ins
        apprise: Any = importlib.import_module("apprise")
        return bool(apprise.Apprise().add(url))
