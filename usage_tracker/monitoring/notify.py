"""Notices of changed alerts: claimed, sent, and stored as sent.

A notice is claimed in the database before it is sent, so that two runs at once do not
send it twice. If no channel accepts it, or the program ends while it is being sent, the
next run sends it again: the claim is withdrawn, or expires after CLAIM. A claim made by
another run since then is left alone.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.formatting import duration
from usage_tracker.monitoring.check import CheckResult, check_accounts
from usage_tracker.monitoring.deliver import Delivery, deliver
from usage_tracker.monitoring.hysteresis import assume_outage, mark_notified, update_state
from usage_tracker.monitoring.notice import Notice
from usage_tracker.monitoring.rules import Finding, Rule
from usage_tracker.store import accounts, alerts
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database
from usage_tracker.times import MINUTE, SECOND

BEING_SENT = "the program ended while it was being sent"
CLAIM = 2 * MINUTE
"""How long a claim holds: longer than any delivery (see `deliver.SECONDS`)."""

_STORE_SECONDS = 5.0


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
        return replace(self.alert, notified_at=self.notice.at, problem=BEING_SENT)


def send_notices(
    database: Database, settings: Settings, names: Collection[str], now: int
) -> tuple[str, ...]:
    """Check the accounts in `names` at `now` (UTC ms) and send a notice of each change.

    Returns the problems of channels that did not accept a notice.
    """
    channels = Channels.read(settings.document)
    claims = [
        (result.account, change)
        for result in check_accounts(database, settings, now, names)
        for change in _claim_changes(database, result, now)
        if change.notice is not None
    ]
    if not claims:
        return ()
    notices = [change.notice for _, change in claims if change.notice is not None]
    outcomes = list(zip(claims, deliver(notices, channels), strict=True))
    _store_deliveries(database, outcomes)
    return tuple(
        f"{account.name}: {problem}"
        for (account, _), delivery in outcomes
        for problem in delivery.problems
    )


def _claim_changes(database: Database, result: CheckResult, now: int) -> list[Change]:
    """Store the changed alerts; of two runs at once, one finds the changes."""
    account_id = result.account.account_id
    with database.read() as connection:
        if not any(_changes(alerts.load(connection, account_id), result, now)):
            return []
    with database.write(_STORE_SECONDS) as connection:
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
    if after.level == after.notified or _is_being_sent(alert, now):
        return Change(finding.rule, after, None)
    name, was = result.account.name, after.notified
    notice = Notice(name, finding.rule, was, after.level, after.since, now, finding.text)
    return Change(finding.rule, after, notice)


def _is_being_sent(alert: Alert, now: int) -> bool:
    """Return whether another run is sending a notice; its clock may be ahead of `now`."""
    claimed = alert.notified_at if alert.problem == BEING_SENT else None
    return claimed is not None and abs(now - claimed) < CLAIM


def _store_deliveries(
    database: Database, outcomes: Sequence[tuple[tuple[StoredAccount, Change], Delivery]]
) -> None:
    """Store the outcomes, and withdraw the claim of a notice that no channel accepted."""
    with database.write(_STORE_SECONDS) as connection:
        # In one order, so that two runs at once do not wait for each other.
        for (account, change), delivery in sorted(outcomes, key=lambda each: each[0][0].account_id):
            account_id = account.account_id
            accounts.lock(connection, account_id)
            stored = alerts.load(connection, account_id).get(change.rule)
            if stored is not None and _claimed(stored) == _claimed(change.claim):
                settled = _settle(stored, change, delivery)
                alerts.upsert(connection, account_id, change.rule, settled)


def _claimed(alert: Alert) -> tuple[Level, int | None, str | None]:
    return alert.notified, alert.notified_at, alert.problem


def _settle(stored: Alert, change: Change, delivery: Delivery) -> Alert:
    """Return the stored alert, which another run may have changed, after the delivery."""
    known = change.alert
    if delivery.reached and change.notice is not None:
        known = mark_notified(known, change.notice.at)
    return replace(
        stored,
        notified=known.notified,
        notified_at=known.notified_at,
        problem="; ".join(delivery.problems) or None,
    )
