"""Stored alerts: one row for each rule of each account."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, select

from usage_tracker.store.schema import alert
from usage_tracker.store.statements import insert


class Level(IntEnum):
    """Severity; the values are the exit codes of a Nagios plug-in."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3
    """Never stored: a rule without data changes no alert."""


@dataclass(frozen=True, slots=True)
class Alert:
    """The level of a rule since `since`, and the level of the last notice, sent at `notified_at`.

    `pending` is a new level that has not lasted long enough yet; `problem` says which
    channels the last notice did not reach, without secrets. Moments are UTC milliseconds.
    """

    level: Level
    since: int
    notified: Level
    notified_at: int | None = None
    problem: str | None = None
    pending: Level | None = None
    pending_since: int | None = None


def load(connection: Connection, account_id: int) -> dict[str, Alert]:
    """Return the alerts of an account, by rule."""
    rows = connection.execute(select(alert).where(alert.c.account_id == account_id))
    return {
        row.rule: Alert(
            level=Level(row.state),
            since=row.since,
            notified=Level(row.told),
            notified_at=row.told_at,
            problem=row.problem,
            pending=None if row.leaning is None else Level(row.leaning),
            pending_since=row.leaning_since,
        )
        for row in rows
    }


def upsert(connection: Connection, account_id: int, rule: str, current: Alert) -> None:
    """Insert or replace the alert of `rule`."""
    values: dict[str, Any] = {
        "state": int(current.level),
        "since": current.since,
        "told": int(current.notified),
        "told_at": current.notified_at,
        "problem": current.problem,
        "leaning": None if current.pending is None else int(current.pending),
        "leaning_since": current.pending_since,
    }
    statement = insert(connection, alert).values(account_id=account_id, rule=rule, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["account_id", "rule"], set_=values)
    )
