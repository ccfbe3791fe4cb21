"""An account's part of the database, as its books are read from it.

What was taken to hand for many accounts at once is not asked for again; whether it was or
not, the answers are the same.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from sqlalchemy import Connection

from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.events import Event, Kind
from usage_tracker.store import checkpoints, snapshot_arrays, snapshots
from usage_tracker.store.checkpoints import StoredCheckpoint, StoredEvent


@dataclass(frozen=True, slots=True)
class Hand:
    """What was fetched of an account beforehand, of what was captured before `until` (UTC ms).

    `first` is its first snapshot of all; `recent` are all from the first of these on, none
    where they would be too many. `origin` is the moment of the last one before `until`, `latest`
    that of the last one ever. `failed` are the failed attempts in the window of interest.
    """

    until: int
    first: SnapshotArrays
    recent: SnapshotArrays
    origin: int | None
    latest: int | None
    marks: list[StoredCheckpoint]
    events: list[StoredEvent]
    failed: int

    @property
    def since(self) -> int:
        """From when on all snapshots are here."""
        if self.origin is None:
            return 0
        if not len(self.recent):
            return self.until
        start = int(self.recent.times[0])
        return 0 if start == int(self.first.times[0]) else start

    def between(self, since: int, until: int) -> SnapshotArrays | None:
        """The snapshots in [since, until), if they are here."""
        if since < self.since or until > self.until:
            return None
        start, end = np.searchsorted(self.recent.times, (since, until)).tolist()
        return self.recent[start:end]


@dataclass(frozen=True)
class Shelf:
    """What the database has of one account."""

    connection: Connection
    account_id: int
    hand: Hand | None = None

    @cached_property
    def marks(self) -> list[StoredCheckpoint]:
        """All marks, the last one first."""
        if self.hand is not None:
            return self.hand.marks
        return checkpoints.list_checkpoints(self.connection, self.account_id)

    @cached_property
    def latest(self) -> int | None:
        """The moment of the last snapshot."""
        if self.hand is not None:
            return self.hand.latest
        last = snapshots.last(self.connection, self.account_id)
        return None if last is None else last.captured_at

    def events(self, mark: StoredCheckpoint | None) -> list[Event]:
        """What is remembered up to a mark; nothing without one."""
        if mark is None:
            return []
        if self.hand is not None:
            rows = self.hand.events
        else:
            rows = checkpoints.list_events(self.connection, self.account_id)
        return [
            Event(row.captured_at, row.after, cast("Kind", row.kind), row.quota)
            for row in rows
            if row.captured_at <= mark.scanned_to
        ]

    def read(self, since: int, until: int, limit: int | None = None) -> SnapshotArrays:
        """The snapshots in [since, until), at most the first `limit` of them."""
        at_hand = self._at_hand(since, until)
        if at_hand is not None:
            return at_hand[:limit]
        return snapshot_arrays.read(self.connection, self.account_id, since, until, limit)

    def count(self, since: int, until: int) -> int:
        """How many snapshots there are in [since, until)."""
        at_hand = self._at_hand(since, until)
        if at_hand is not None:
            return len(at_hand)
        return self._before(until) - self._before(since)

    def ends(self, since: int, until: int) -> tuple[int | None, int | None]:
        """The moments of the first and the last snapshot in [since, until)."""
        at_hand = self._at_hand(since, until)
        if at_hand is not None:
            moments = at_hand.times.tolist()
            return (moments[0], moments[-1]) if moments else (None, None)
        first = snapshots.after(self.connection, self.account_id, since - 1)
        last = snapshots.at(self.connection, self.account_id, until - 1)
        if first is None or last is None or first.captured_at >= until:
            return None, None
        return first.captured_at, last.captured_at

    def _at_hand(self, since: int, until: int) -> SnapshotArrays | None:
        return None if self.hand is None else self.hand.between(since, until)

    def _before(self, moment: int) -> int:
        """How many snapshots lie before `moment`, counted from the last mark on."""
        mark = next((mark for mark in self.marks if mark.scanned_to < moment), None)
        since, counted = (mark.scanned_to + 1, mark.count) if mark else (None, 0)
        return counted + snapshots.count(self.connection, self.account_id, since, moment)
