"""Pruning of an account's old snapshots, without a change to its ledger.

The ledger is brought up to a checkpoint near the wanted moment first, and its events are
stored. Then the snapshots before the checkpoint are thinned, except those needed to
continue from there. The checkpoint becomes the baseline, up to which the stored events
replace the missing snapshots.

The two snapshots on either side of each boundary (of hours or days in the reader's time
zone) stay, the first and the last of all, and the two beside each event. As the counters
are cumulative, the spend between any two that stay does not change, and neither does what
is apportioned at a boundary between two of them.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from usage_tracker.analysis import calendar
from usage_tracker.errors import DatabaseError
from usage_tracker.ledger.events import Event
from usage_tracker.store import accounts, catch_up, checkpoints, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database

Grain = Literal["hour", "day"]


class HistoryChangedError(DatabaseError):
    """Another process imported or pruned snapshots after the plan was made."""

    def __init__(self, account: str) -> None:
        super().__init__(f"the history of {account!r} was changed meanwhile: run it again")


@dataclass(frozen=True, slots=True)
class Plan:
    """What pruning would delete: the `surplus` moments (UTC ms) of the account's `count` snapshots.

    `baseline` is the checkpoint that becomes the baseline, with the `events` up to it; None
    if there is nothing to prune.
    """

    account: StoredAccount
    count: int
    surplus: tuple[int, ...] = ()
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
        baseline = result.marks[-1] if result.marks else result.start
        if baseline is None or baseline.scanned_to > older_than:
            return Plan(account, count)
        until = catch_up.context_start(connection, account.account_id, baseline)
        moments = snapshots.moments(connection, account.account_id, until)
    events = tuple(event for event in result.events if event.at <= baseline.scanned_to)
    edges = calendar.edges(min([*moments[:1], until]), until, grain, zone).tolist()
    surplus = _surplus(moments, edges, _beside(events))
    return Plan(account, count, surplus, baseline, events)


def carry_out(database: Database, planned: Plan) -> int:
    """Delete the surplus snapshots of a plan and return how many they were.

    Raises:
        HistoryChangedError: The history has changed since the plan was made.
    """
    baseline, account_id = planned.baseline, planned.account.account_id
    if baseline is None or not planned.surplus:
        return 0
    with database.write() as connection:
        accounts.lock(connection, account_id)
        if snapshots.count(connection, account_id, None, baseline.scanned_to + 1) != baseline.count:
            raise HistoryChangedError(planned.account.name)
        checkpoints.insert_events(connection, account_id, planned.events)
        snapshots.delete(connection, account_id, planned.surplus)
        checkpoints.set_baseline(connection, account_id, baseline, len(planned.surplus))
    return len(planned.surplus)


def _surplus(
    moments: Sequence[int], edges: Iterable[int], beside: Collection[int]
) -> tuple[int, ...]:
    """Return the `moments` that are neither next to an edge nor `beside` an event, ascending."""
    after = {bisect_right(moments, edge) for edge in edges}
    kept = after | {i - 1 for i in after} | {0, len(moments) - 1}
    return tuple(
        moment for i, moment in enumerate(moments) if i not in kept and moment not in beside
    )


def _beside(events: Iterable[Event]) -> set[int]:
    return {moment for event in events for moment in (event.after, event.at)}
