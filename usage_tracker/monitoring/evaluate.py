"""How an account stands: its report, judged by the thresholds that hold for it."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from usage_tracker.capture.user import quota_remind_threshold
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Thresholds
from usage_tracker.config.zone import zone_named
from usage_tracker.money import usd
from usage_tracker.monitoring.findings import Finding
from usage_tracker.monitoring.freshness import WATCHED, longest_age
from usage_tracker.monitoring.rules import evaluate, no_snapshot
from usage_tracker.monitoring.spikes import MOST_DAYS
from usage_tracker.reporting.build import build
from usage_tracker.reporting.model import Detail, Report
from usage_tracker.reporting.query import Frame
from usage_tracker.reporting.stored import views
from usage_tracker.store import accounts, failures, profiles, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.snapshots import Snapshot
from usage_tracker.times import from_ms, midnight, to_ms, zone_name


@dataclass(frozen=True, slots=True)
class Situation:
    """The findings on an account, and the outage that its last snapshot has ended, if any.

    An outage is (the moment from which the data were stale, its length), in UTC ms and ms.
    """

    account: StoredAccount
    findings: tuple[Finding, ...]
    outage: tuple[int, int] | None = None


def look(
    database: Database,
    settings: Settings,
    now: int,
    names: Collection[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Iterator[Situation]:
    """The situation at `now` (UTC ms) of the accounts called `names`, or of all that are stored.

    `overrides` are thresholds that go before the configured ones, by their names.
    """
    tz = zone_named(settings.timezone)
    frame = Frame.of(now, _since(now, tz), None, "day", tz)
    chosen = {account.name: account for account in _chosen(database, names)}
    for view in views(database, list(chosen), frame) if chosen else ():
        configured = Thresholds.read(settings.document, view.account)
        limits = dataclasses.replace(configured, **(overrides or {}))
        report = build([view], frame, zone_name(tz), Detail.DEPLETION)
        yield _situation(database, chosen[view.account], report, limits)


def _chosen(database: Database, names: Collection[str]) -> list[StoredAccount]:
    with database.read() as connection:
        stored = accounts.stored(connection)
    return [account for account in stored if not names or account.name in names]


def judge(
    database: Database,
    settings: Settings,
    now: int,
    names: Collection[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, tuple[Finding, ...]]:
    """The findings at `now` (UTC ms) on the accounts called `names`.

    Without names those are judged that are configured, whether they have a history yet
    or not: one that was removed makes no snapshots to wait for. If none is, all are
    judged that have a history.

    Raises:
        UnknownAccountError: An account of `names` is neither stored nor configured.
    """
    names = names or [account.name for account in settings.accounts]
    findings = {
        situation.account.name: situation.findings
        for situation in look(database, settings, now, names, overrides)
    }
    fresh = [account.name for account in settings.accounts if account.name in names]
    findings |= {name: (no_snapshot(),) for name in fresh if name not in findings}
    missing = [name for name in names if name not in findings]
    if missing:
        with database.read() as connection:
            accounts.get(connection, missing[0])
    return findings


def _situation(
    database: Database, account: StoredAccount, report: Report, limits: Thresholds
) -> Situation:
    (told,) = report.accounts
    with database.read() as connection:
        recent = list(
            snapshots.iterate(connection, account.account_id, limit=WATCHED, newest_first=True)
        )
        limits = _with_reminder(connection, account, limits, recent)
        trouble = _trouble(connection, account, recent)
    moments = [snapshot.captured_at for snapshot in recent]
    longest = longest_age(moments, limits.max_age)
    findings = evaluate(report, told, limits, longest, trouble)
    return Situation(account, findings, _outage(moments, limits.max_age))


def _since(now: int, tz: dt.tzinfo) -> int:
    """The beginning of the month, or of the days that tell what is usual, if those are more."""
    today = from_ms(now).astimezone(tz).date()
    first = min(today.replace(day=1), today - dt.timedelta(days=MOST_DAYS))
    return to_ms(midnight(first, tz))


def _with_reminder(
    connection: Connection, account: StoredAccount, limits: Thresholds, recent: list[Snapshot]
) -> Thresholds:
    """`limits`, with the gateway's own threshold where none is set for the balance."""
    if limits.warning_balance is not None or not recent:
        return limits
    profile = profiles.body(connection, recent[0].profile_id)
    threshold = None if profile is None else quota_remind_threshold(profile)
    if threshold is None:
        return limits
    return dataclasses.replace(limits, warning_balance=usd(threshold, account.quota_per_unit))


def _trouble(connection: Connection, account: StoredAccount, recent: list[Snapshot]) -> str | None:
    """Why the last attempt failed, if one did since the last snapshot."""
    if not recent:
        return None
    failed = failures.between(connection, account.account_id, since=recent[0].captured_at)
    if not failed:
        return None
    status, detail = failed[-1].http_status, failed[-1].detail
    words = (failed[-1].kind, f"HTTP {status}" if status else None, detail)
    return ", ".join(word for word in words if word)


def _outage(newest_first: list[int], maximum: int | None) -> tuple[int, int] | None:
    """The outage that the last snapshot ended, by what was usual before it."""
    if len(newest_first) <= 1:
        return None
    ended, began = newest_first[:2]
    longest = longest_age(newest_first[1:], maximum)
    return (began + longest, ended - began) if ended - began > longest else None
