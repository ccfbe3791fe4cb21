"""Pruning an account: what can go, and letting it go, with the ledger none the poorer.

The ledger is kept up to a mark near the wanted moment first, and written down. Of the
snapshots before the mark all are thinned but those it takes to go on from there; the mark
becomes the floor, up to which what is remembered stands for good. The boundaries at which
snapshots stay are those of hours or days in the reader's time zone.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from usage_tracker.analysis import calendar
from usage_tracker.errors import DatabaseError
from usage_tracker.ledger.events import Event
from usage_tracker.store import accounts, catch_up, checkpoints, prune, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database

Grain = Literal["hour", "day"]


class ChangedMeanwhileError(DatabaseError):
    """Somebody imported or pruned at the same time."""

    def __init__(self, account: str) -> None:
        super().__init__(f"the history of {account!r} was changed meanwhile: run it again")


@dataclass(frozen=True, slots=True)
class Plan:
    """What pruning an account would do: of its `count` snapshots those of `surplus` (UTC ms) go.

    `mark` is the floor that it will have, with the `events` up to it; None when there is
    nothing to prune.
    """

    account: StoredAccount
    count: int
    surplus: tuple[int, ...] = ()
    mark: StoredCheckpoint | None = None
    events: tuple[Event, ...] = ()


def plan(
    database: Database, account: StoredAccount, older_than: int, grain: Grain, zone: dt.tzinfo
) -> Plan:
    """What can go of an account's snapshots before `older_than` (UTC ms).

    What stays tells each hour (or day) of `zone` as it was told.
    """
    with database.read() as connection:
        result = catch_up.catch_up_account(connection, account.account_id, older_than)
        count = snapshots.count(connection, account.account_id)
        mark = result.marks[-1] if result.marks else result.start
        if mark is None or mark.scanned_to > older_than:
            return Plan(account, count)
        until = catch_up.context_start(connection, account.account_id, mark)
        settled = tuple(event for event in result.events if event.at <= mark.scanned_to)
        first = snapshots.first(connection, account.account_id)
        since = until if first is None else min(first.captured_at, until)
        edges = calendar.edges(since, until, grain, zone).tolist()
        surplus = prune.surplus(connection, account.account_id, until, edges, _beside(settled))
    return Plan(account, count, tuple(surplus), mark, settled)


def carry_out(database: Database, planned: Plan) -> int:
    """Let go what was `planned`; how many snapshots that were.

    Raises:
        ChangedMeanwhileError: the history is not what the plan was made for.
    """
    mark, account_id = planned.mark, planned.account.account_id
    if mark is None or not planned.surplus:
        return 0
    with database.write() as connection:
        accounts.lock(connection, account_id)
        if snapshots.count(connection, account_id, None, mark.scanned_to + 1) != mark.count:
            raise ChangedMeanwhileError(planned.account.name)
        checkpoints.remember(connection, account_id, catch_up.stored_events(planned.events), ())
        prune.thin(connection, account_id, planned.surplus)
        checkpoints.set_baseline(connection, account_id, mark, len(planned.surplus))
    return len(planned.surplus)


def _beside(events: Iterable[Event]) -> set[int]:
    """The moments of the snapshots beside some events."""
    return {moment for event in events for moment in (event.after, event.at)}
