"""Pruning of an account's old snapshots, without a change to its ledger.

The ledger is brought up to a checkpoint near the wanted moment first, and its events are
stored. Then the snapshots before the checkpoint are thinned, except those needed to
continue from there. The checkpoint becomes the baseline, up to which the stored events
replace the missing snapshots.

The two snapshots on either side of each boundary (of hours or days in the reader's time
zone) stay, the first and the last of all, and the two beside each event. As the counters
are cumulative, the spend between any two that stay does not change, and neither does what
is apportioned at a boundary between two of them.

Of the failures, the first of each kind in an hour (or day) stays. Rows are deleted in
steps, with pauses in which others write. Each step is a transaction that leaves the ledger
whole.
"""

import datetime as dt
import time
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from usage_tracker.analysis import calendar
from usage_tracker.errors import DatabaseError
from usage_tracker.ledger.events import Event
from usage_tracker.store import accounts, catch_up, checkpoints, failures, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database
from usage_tracker.times import DAY, HOUR

Grain = Literal["hour", "day"]

STEP = 20_000
"""Rows deleted in a transaction: about a third of a second."""

PAUSE = 0.15
"""Seconds between two steps: a writer that waits for SQLite looks every 0.1 s."""

_SPANS: dict[Grain, int] = {"hour": HOUR, "day": DAY}


class HistoryChangedError(DatabaseError):
    """Another process imported or pruned snapshots after the plan was made."""

    def __init__(self, account: str) -> None:
        super().__init__(f"the history of {account!r} was changed meanwhile: run it again")


@dataclass(frozen=True, slots=True)
class Plan:
    """What pruning would delete: the `surplus` moments (UTC ms) of the account's `count` snapshots.

    `baseline` is the checkpoint that becomes the baseline, with the `events` up to it; None
    if no snapshot can be deleted. So many `failures` before `until` (UTC ms) are surplus,
    too, if one of each kind in each `span` (ms) stays.
    """

    account: StoredAccount
    count: int
    failures: int
    until: int
    span: int
    surplus: Sequence[int] = ()
    baseline: StoredCheckpoint | None = None
    events: tuple[Event, ...] = ()


def plan(
    database: Database, account: StoredAccount, older_than: int, grain: Grain, zone: dt.tzinfo
) -> Plan:
    """Return which of an account's snapshots before `older_than` (UTC ms) can be deleted.

    Every hour (or day) of `zone` keeps its spend and its balances.
    """
    with database.read() as connection:
        result = catch_up.catch_up_account(connection, account.account_id, older_than)
        count = snapshots.count(connection, account.account_id)
        span = _SPANS[grain]
        failed = failures.count_surplus(connection, account.account_id, older_than, span)
        baseline = result.marks[-1] if result.marks else result.start
        if baseline is None or baseline.scanned_to > older_than:
            return Plan(account, count, failed, older_than, span)
        until = catch_up.context_start(connection, account.account_id, baseline)
        moments = snapshots.moments(connection, account.account_id, until)
    events = tuple(event for event in result.events if event.at <= baseline.scanned_to)
    edges = calendar.edges(min([*moments[:1], until]), until, grain, zone).tolist()
    surplus = _surplus(moments, edges, _beside(events))
    return Plan(account, count, failed, older_than, span, surplus, baseline, events)


def carry_out(database: Database, planned: Plan) -> int:
    """Delete what is surplus in a plan; return the number of snapshots.

    Raises:
        HistoryChangedError: The history has changed since the plan was made.
    """
    account_id, done = planned.account.account_id, 0
    while planned.baseline is not None and done < len(planned.surplus):
        done += _delete_step(database, planned, planned.baseline, done)
        time.sleep(PAUSE)
    deleted = STEP if planned.failures else 0
    while deleted == STEP:
        with database.write() as connection:
            deleted = failures.thin(connection, account_id, planned.until, planned.span, STEP)
        time.sleep(PAUSE if deleted == STEP else 0)
    return done


def _delete_step(database: Database, planned: Plan, baseline: StoredCheckpoint, done: int) -> int:
    """Delete STEP more snapshots after the `done` first ones; return how many they were."""
    account_id, step = planned.account.account_id, planned.surplus[done : done + STEP]
    with database.write() as connection:
        accounts.lock(connection, account_id)
        left = replace(baseline, count=baseline.count - done)
        if snapshots.count(connection, account_id, None, left.scanned_to + 1) != left.count:
            raise HistoryChangedError(planned.account.name)
        checkpoints.insert_events(connection, account_id, planned.events)
        snapshots.delete(connection, account_id, step)
        checkpoints.set_baseline(connection, account_id, left, len(step))
    return len(step)


def _surplus(moments: Sequence[int], edges: Iterable[int], beside: Collection[int]) -> "array[int]":
    """Return the `moments` that are neither next to an edge nor `beside` an event, ascending."""
    after = {bisect_right(moments, edge) for edge in edges}
    kept = after | {i - 1 for i in after} | {0, len(moments) - 1}
    left = (moment for i, moment in enumerate(moments) if i not in kept and moment not in beside)
    return array("q", left)


def _beside(events: Iterable[Event]) -> set[int]:
    return {moment for event in events for moment in (event.after, event.at)}
