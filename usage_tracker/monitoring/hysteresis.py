"""Hysteresis: how a finding changes an alert, so that a wavering value sends one notice.

* An alert worsens with its finding. It improves only when the finding clears the
  wider threshold too (`Finding.hold`).
* Both changes wait until the finding has lasted for `worsens_after` or `improves_after`.
* An UNKNOWN finding changes nothing.

A notice is due while the level differs from the one last notified: a notice that was
not delivered is sent again, and one that no longer applies is dropped.
"""

from dataclasses import replace

from usage_tracker.monitoring.rules import Finding
from usage_tracker.store.alerts import Alert, Level


def update_state(alert: Alert, finding: Finding, now: int) -> Alert:
    """Return `alert` after `finding` at `now` (UTC ms)."""
    if finding.level is Level.UNKNOWN:
        return alert
    level = max(finding.level, min(alert.level, finding.hold))
    if level == alert.level:
        return replace(alert, pending=None, pending_since=None)
    since = _pending_since(alert, level, now)
    delay = finding.worsens_after if level > alert.level else finding.improves_after
    if now - since < delay:
        return replace(alert, pending=level, pending_since=since)
    return replace(alert, level=level, since=now, pending=None, pending_since=None)


def _pending_since(alert: Alert, level: Level, now: int) -> int:
    """Return since when the findings are on the same side of `alert` as `level`."""
    if alert.pending is None or alert.pending_since is None:
        return now
    same_side = (alert.pending > alert.level) == (level > alert.level)
    return alert.pending_since if same_side else now


def mark_notified(alert: Alert, now: int) -> Alert:
    """Return `alert` after its notice was delivered at `now`."""
    return replace(alert, notified=alert.level, notified_at=now, problem=None)


def assume_outage(alert: Alert, begin: int) -> Alert:
    """Return `alert` as CRITICAL since `begin` (UTC ms), if it was OK then.

    During an outage of cron nothing runs that could send a notice; the recovery does.
    """
    if alert.level is not Level.OK or alert.since > begin:
        return alert
    critical = Level.CRITICAL
    return replace(
        alert, level=critical, since=begin, notified=critical, pending=None, pending_since=None
    )
