"""The snapshots, checkpoints and events of one account, as its ledger reads them.

What was prefetched for many accounts at once is not queried again; the answers are the same.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.events import Event
from usage_tracker.store import checkpoints, snapshot_arrays, snapshots
from usage_tracker.store.checkpoints import StoredCheckpoint


@dataclass(frozen=True, slots=True)
class Prefetched:
    """What was read of an account in advance: snapshots captured before `until` (UTC ms).

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
    events: list[Event]
    failed: int

    @property
    def since(self) -> int:
        """The moment from which all snapshots are here."""
        if self.origin is None:
            return 0
        if not len(self.recent):
            return self.until
        start = int(self.recent.times[0])
        return 0 if start == int(self.first.times[0]) else start

    def between(self, since: int, until: int) -> SnapshotArrays | None:
        """Return the snapshots in [since, until), None if they are not here."""
        if since < self.since or until > self.until:
            return None
        start, end = np.searchsorted(self.recent.times, (since, until)).tolist()
        return self.recent[start:end]


@dataclass(frozen=True)
class LedgerSource:
    """What the database has of one account."""

    connection: Connection
    account_id: int
    prefetched: Prefetched | None = None

    @cached_property
    def marks(self) -> list[StoredCheckpoint]:
        """All checkpoints, the last one first."""
        if self.prefetched is not None:
            return self.prefetched.marks
        return checkpoints.list_checkpoints(self.connection, self.account_id)

    @cached_property
    def latest(self) -> int | None:
        """The moment of the last snapshot."""
        if self.prefetched is not None:
            return self.prefetched.latest
        last = snapshots.last(self.connection, self.account_id)
        return None if last is None else last.captured_at

    def events(self, mark: StoredCheckpoint | None) -> list[Event]:
        """Return the stored events up to a checkpoint; none without one."""
        if mark is None:
            return []
        if self.prefetched is not None:
            events = self.prefetched.events
        else:
            events = checkpoints.list_events(self.connection, self.account_id)
        return [event for event in events if event.at <= mark.scanned_to]

    def read(self, since: int, until: int, limit: int | None = None) -> SnapshotArrays:
        """Return the snapshots in [since, until), at most the first `limit` of them."""
        rows = self._prefetched(since, until)
        if rows is not None:
            return rows[:limit]
        return snapshot_arrays.read(self.connection, self.account_id, since, until, limit)

    def count(self, since: int, until: int) -> int:
        """Return the number of snapshots in [since, until)."""
        rows = self._prefetched(since, until)
        if rows is not None:
            return len(rows)
        return self._before(until) - self._before(since)

    def ends(self, since: int, until: int) -> tuple[int | None, int | None]:
        """Return the moments of the first and the last snapshot in [since, until)."""
        rows = self._prefetched(since, until)
        if rows is not None:
            moments = rows.times.tolist()
            return (moments[0], moments[-1]) if moments else (None, None)
        first = snapshots.after(self.connection, self.account_id, since - 1)
        last = snapshots.at(self.connection, self.account_id, until - 1)
        if first is None or last is None or first.captured_at >= until:
            return None, None
        return first.captured_at, last.captured_at

    def _prefetched(self, since: int, until: int) -> SnapshotArrays | None:
        return None if self.prefetched is None else self.prefetched.between(since, until)

    def _before(self, moment: int) -> int:
        """Return the number of snapshots before `moment`, counted from the last checkpoint on."""
        mark = next((mark for mark in self.marks if mark.scanned_to < moment), None)
        since, counted = (mark.scanned_to + 1, mark.count) if mark else (None, 0)
        return counted + snapshots.count(self.connection, self.account_id, since, moment)
