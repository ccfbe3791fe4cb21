"""The check of accounts: their reports, evaluated by the rules and their thresholds."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from usage_tracker.capture.user import quota_remind_threshold
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Thresholds
from usage_tracker.config.zone import zone_or_local
from usage_tracker.money import usd
from usage_tracker.monitoring.rules import (
    RECENT_SNAPSHOTS,
    Finding,
    evaluate,
    no_snapshot,
    stale_after,
)
from usage_tracker.monitoring.spikes import MOST_DAYS
from usage_tracker.reporting.build import build
from usage_tracker.reporting.model import AccountReport, Detail, Report
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.reporting.stored import views
from usage_tracker.store import accounts, failures, profiles, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.snapshots import Snapshot
from usage_tracker.times import from_ms, midnight, to_ms, zone_name


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The findings on an account, and the outage that its last snapshot ended, if any.

    An outage is (the moment when the data became stale, the time without snapshots), in
    UTC ms and ms.
    """

    account: StoredAccount
    findings: tuple[Finding, ...]
    outage: tuple[int, int] | None = None


def findings_by_account(
    database: Database,
    settings: Settings,
    now: int,
    names: Collection[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, tuple[Finding, ...]]:
    """Return the findings at `now` (UTC ms) on the accounts in `names`.

    Without names: on the configured accounts, with or without a history (an account that
    was removed from the configuration takes no snapshots), or on all stored accounts if
    none is configured. `overrides` take precedence over the configured thresholds.

    Raises:
        UnknownAccountError: An account in `names` is neither stored nor configured.
    """
    configured = [account.name for account in settings.accounts]
    names = names or configured
    results = check_accounts(database, settings, now, names, overrides)
    findings = {result.account.name: result.findings for result in results}
    findings |= {
        name: (no_snapshot(),) for name in configured if name in names and name not in findings
    }
    missing = [name for name in names if name not in findings]
    if missing:
        with database.read() as connection:
            accounts.get(connection, missing[0])
    return findings


def check_accounts(
    database: Database,
    settings: Settings,
    now: int,
    names: Collection[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Iterator[CheckResult]:
    """Check the stored accounts in `names` (without names: all) at `now` (UTC ms).

    `overrides` take precedence over the configured thresholds.
    """
    tz = zone_or_local(settings.timezone)
    query = ReportQuery.of(now, _since(now, tz), None, "day", tz)
    with database.read() as connection:
        stored = accounts.list_accounts(connection)
    chosen = {account.name: account for account in stored if not names or account.name in names}
    if not chosen:
        return
    report = build(views(database, list(chosen), query), query, zone_name(tz), Detail.DEPLETION)
    for account in report.accounts:
        configured = Thresholds.read(settings.document, account.account)
        thresholds = replace(configured, **(overrides or {}))
        yield _check_account(database, chosen[account.account], report, account, thresholds)


def _since(now: int, tz: dt.tzinfo) -> int:
    """Return the beginning of the month, or of the days before a spike if that is earlier."""
    today = from_ms(now).astimezone(tz).date()
    first = min(today.replace(day=1), today - dt.timedelta(days=MOST_DAYS))
    return to_ms(midnight(first, tz))


def _check_account(
    database: Database,
    account: StoredAccount,
    report: Report,
    reported: AccountReport,
    thresholds: Thresholds,
) -> CheckResult:
    account_id = account.account_id
    with database.read() as connection:
        newest = snapshots.iterate(
            connection, account_id, limit=RECENT_SNAPSHOTS, newest_first=True
        )
        recent = list(newest)
        thresholds = _with_reminder(connection, account, thresholds, recent)
        failure = _last_failure(connection, account_id, recent)
    moments = [snapshot.captured_at for snapshot in recent]
    max_age = stale_after(moments, thresholds.max_age)
    findings = evaluate(report, reported, thresholds, max_age, failure)
    return CheckResult(account, findings, _outage(moments, thresholds.max_age))


def _with_reminder(
    connection: Connection, account: StoredAccount, thresholds: Thresholds, recent: list[Snapshot]
) -> Thresholds:
    """Return `thresholds` with the gateway's own, if none is set for the balance."""
    if thresholds.warning_balance is not None or not recent:
        return thresholds
    profile = profiles.get(connection, recent[0].profile_id)
    reminder = None if profile is None else quota_remind_threshold(profile)
    if reminder is None:
        return thresholds
    return replace(thresholds, warning_balance=usd(reminder, account.quota_per_unit))


def _last_failure(connection: Connection, account_id: int, recent: list[Snapshot]) -> str | None:
    """Describe the last failed attempt since the last snapshot."""
    if not recent:
        return None
    last = failures.last(connection, account_id, since=recent[0].captured_at)
    if last is None:
        return None
    status = f"HTTP {last.http_status}" if last.http_status else None
    return ", ".join(filter(None, (last.kind, status, last.detail)))


def _outage(newest_first: list[int], maximum: int | None) -> tuple[int, int] | None:
    """Return the outage that the last snapshot ended, by the intervals before it."""
    if len(newest_first) <= 1:
        return None
    ended, began = newest_first[:2]
    max_age = stale_after(newest_first[1:], maximum)
    return (began + max_age, ended - began) if ended - began > max_age else None
