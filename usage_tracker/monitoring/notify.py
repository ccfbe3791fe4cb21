"""Notices of changed alerts, sent by Apprise and by a command.

* A notice is claimed in the database before it is sent, so that two runs at once do
  not send it twice. If no channel accepts it, the claim is withdrawn and the next
  run tries again. A claim made by another run since then is left alone.
* Problems are returned as text, never raised, and hold no URL: the user, path and
  query of a URL may be secrets.
"""

import importlib
import json
import logging
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from usage_tracker.config.schema import NAME_LIMIT
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.formatting import duration, plain
from usage_tracker.monitoring.check import CheckResult, check_accounts
from usage_tracker.monitoring.hysteresis import assume_outage, mark_notified, update_state
from usage_tracker.monitoring.rules import Finding, Rule
from usage_tracker.process import TIMED_OUT, run_text
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database
from usage_tracker.times import SECOND, iso

BEING_SENT = "the program ended while it was being sent"
COMMAND_SECONDS = 20.0
_APPRISE_TYPES = {Level.OK: "success", Level.WARNING: "warning", Level.CRITICAL: "failure"}
_RULE_NAMES: dict[Rule, str] = {
    "days": "days left",
    "balance": "balance",
    "budget": "monthly budget",
    "spike": "spend of the day",
    "stale": "snapshots",
}
_NOT_INSTALLED = "Apprise is not installed: pip install 'usage-tracker[notify]'"


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of an alert from `was` to `level`, in force since `since`, sent at `at` (UTC ms)."""

    account: str
    rule: Rule
    was: Level
    level: Level
    since: int
    at: int
    text: str

    @property
    def title(self) -> str:
        """The level, the account and the rule."""
        return f"{self.level.name}: {plain(self.account, NAME_LIMIT)}, {_RULE_NAMES[self.rule]}"

    @property
    def body(self) -> str:
        """The reason and the level before."""
        return f"{plain(self.text, 200)} (was {self.was.name})"

    def payload(self) -> dict[str, Any]:
        """Return the JSON document that a command reads on its standard input."""
        return {
            "schema": "usage-tracker.notice/1",
            "account": self.account,
            "rule": self.rule,
            "level": self.level.name.lower(),
            "was": self.was.name.lower(),
            "since": iso(self.since),
            "at": iso(self.at),
            "title": self.title,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """The number of channels that accepted a notice, and the problems of the others."""

    reached: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A changed alert, before its notice (if one is due) is sent."""

    rule: Rule
    alert: Alert
    notice: Notice | None

    @property
    def claim(self) -> Alert:
        """The alert as stored before the notice is sent."""
        if self.notice is None:
            return self.alert
        return replace(mark_notified(self.alert, self.notice.at), problem=BEING_SENT)


def send_notices(
    database: Database, settings: Settings, names: Collection[str], now: int
) -> tuple[str, ...]:
    """Check the accounts in `names` at `now` (UTC ms) and send a notice of each change.

    Returns the problems of channels that did not accept a notice.
    """
    channels = Channels.read(settings.document)
    problems: list[str] = []
    for result in check_accounts(database, settings, now, names):
        account = result.account
        for change in _claim_changes(database, result, now):
            if change.notice is not None:
                delivery = deliver(change.notice, channels)
                _store_delivery(database, account.account_id, change, delivery)
                problems += (f"{account.name}: {problem}" for problem in delivery.problems)
    return tuple(problems)


def _claim_changes(database: Database, result: CheckResult, now: int) -> list[Change]:
    """Store the changed alerts; of two runs at once, one finds the changes."""
    account_id = result.account.account_id
    with database.read() as connection:
        if not any(_changes(alerts.load(connection, account_id), result, now)):
            return []
    with database.write() as connection:
        accounts.lock(connection, account_id)
        changes = list(_changes(alerts.load(connection, account_id), result, now))
        for change in changes:
            alerts.upsert(connection, account_id, change.rule, change.claim)
    return changes


def _changes(stored: dict[str, Alert], result: CheckResult, now: int) -> Iterator[Change]:
    for finding in result.findings:
        if finding.level is not Level.UNKNOWN:
            before = stored.get(finding.rule)
            change = _change(before or Alert(Level.OK, now, Level.OK), finding, result, now)
            if change.notice is not None or change.alert != before:
                yield change


def _change(alert: Alert, finding: Finding, result: CheckResult, now: int) -> Change:
    if finding.rule == "stale" and finding.level is Level.OK and result.outage is not None:
        begin, length = result.outage
        alert = assume_outage(alert, begin)
        finding = replace(finding, text=f"snapshots resumed after {duration(length / SECOND)}")
    after = update_state(alert, finding, now)
    if after.level == after.notified:
        return Change(finding.rule, after, None)
    name, was = result.account.name, after.notified
    notice = Notice(name, finding.rule, was, after.level, after.since, now, finding.text)
    return Change(finding.rule, after, notice)


def _store_delivery(
    database: Database, account_id: int, change: Change, delivery: Delivery
) -> None:
    """Store the outcome of a delivery, and withdraw the claim if no channel accepted it."""
    claim = change.claim
    known = claim if delivery.reached else change.alert
    with database.write() as connection:
        accounts.lock(connection, account_id)
        stored = alerts.load(connection, account_id).get(change.rule)
        if stored is not None and _notified(stored) == _notified(claim):
            settled = replace(
                stored,
                notified=known.notified,
                notified_at=known.notified_at,
                problem="; ".join(delivery.problems) or None,
            )
            alerts.upsert(connection, account_id, change.rule, settled)


def _notified(alert: Alert) -> tuple[Level, int | None, str | None]:
    return alert.notified, alert.notified_at, alert.problem


def deliver(notice: Notice, channels: Channels) -> Delivery:
    """Send `notice` to every channel, once."""
    outcomes = [*_run_command(notice, channels), *_send_by_apprise(notice, channels)]
    problems = tuple(filter(None, outcomes))
    return Delivery(len(outcomes) - len(problems), problems)


def _run_command(notice: Notice, channels: Channels) -> Iterator[str | None]:
    """Yield the problem of the command, None if there is none."""
    if channels.command:
        ended = run_text(channels.command, json.dumps(notice.payload()) + "\n", COMMAND_SECONDS)
        reason = ended.reason if ended.exit_code == TIMED_OUT else f"exit code {ended.exit_code}"
        name = PurePath(channels.command[0]).name
        yield None if ended.ok else f"command {name!r} failed: {reason}"


def _send_by_apprise(notice: Notice, channels: Channels) -> Iterator[str | None]:
    """Yield the problem of each URL, None if there is none."""
    if not channels.urls:
        return
    try:
        # An optional extra, and slow to import: only when a notice is due.
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        yield from [_NOT_INSTALLED] * len(channels.urls)
        return
    logging.getLogger("apprise").propagate = False  # its warnings quote what a service answered
    for number, url in enumerate(channels.urls, 1):
        problem = _send(apprise, url, notice)
        yield f"urls[{number}] ({url.partition('://')[0]}) {problem}" if problem else None


def _send(apprise: Any, url: str, notice: Notice) -> str | None:
    kind = _APPRISE_TYPES[notice.level]
    try:
        with warnings.catch_warnings(action="ignore"):
            sender = apprise.Apprise()
            if not sender.add(url):
                return "is not a URL that Apprise supports"
            sent = sender.notify(body=notice.body, title=notice.title, notify_type=kind)
    except Exception as error:  # noqa: BLE001 (a hundred plug-ins; none may fail a snapshot)
        return f"failed: {type(error).__name__}"
    return None if sent else "failed"
