"""Bringing an account's ledger up to some moment: from what is remembered, and what is newer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from usage_tracker.books.shelf import Shelf
from usage_tracker.errors import DatabaseError
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.build import Ledger
from usage_tracker.ledger.events import Checkpoint, Event
from usage_tracker.ledger.level import LONG, watched
from usage_tracker.store import accounts, checkpoints, snapshots
from usage_tracker.store.checkpoints import StoredCheckpoint, StoredEvent
from usage_tracker.store.database import Database, Progress
from usage_tracker.times import DAY

CHUNK = 200_000
"""How many snapshots are scanned at once."""

WORTH_WRITING = DAY
"""How much later than the last one a mark must be to be written down."""

SETTLING = 2 * LONG
"""The time watched after a mark by which its events were settled."""

_NOTHING = SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3)))


@dataclass(slots=True)
class Scan:
    """An account's ledger brought up to some moment.

    `events` are all that are known then, in order; `start` is the mark it went on from,
    `marks` are those it reached, `fresh` the settled events up to the last of them.
    """

    start: StoredCheckpoint | None
    events: list[Event]
    marks: list[StoredCheckpoint] = field(default_factory=list)
    fresh: list[Event] = field(default_factory=list)

    def is_worth_writing(self) -> bool:
        """Whether it went far enough beyond what is remembered."""
        begun = self.start.scanned_to if self.start else 0
        return bool(self.marks) and self.marks[-1].scanned_to - begun >= WORTH_WRITING


def bring_up(connection: Connection, account_id: int, as_of: int) -> Scan:
    """The account's events as known at `as_of`."""
    return bring_up_shelf(Shelf(connection, account_id), as_of)


def bring_up_shelf(shelf: Shelf, as_of: int) -> Scan:
    """The same from a shelf."""
    mark = _mark_for(shelf, as_of)
    scan = Scan(mark, shelf.events(mark))
    if mark is not None and mark.scanned_to > as_of:
        scan.events = [event for event in scan.events if event.at <= as_of]
        return scan
    go_on(shelf, as_of, scan)
    return scan


def go_on(shelf: Shelf, as_of: int, scan: Scan, progress: Progress | None = None) -> None:
    """Keep the ledger from where `scan` starts up to `as_of`."""
    mark, readings = scan.start, _context(shelf, scan.start)
    while True:
        more = shelf.read(_after(readings), as_of + 1, CHUNK)
        if progress is not None:
            progress(len(more))
        readings = _joined(readings, more)
        book = build.build_ledger(readings, _checkpoint(mark))
        reached = _mark_at(book.checkpoint, mark, readings)
        if len(more) < CHUNK:
            _settle(scan, book, reached)
            return
        mark, readings = _turn_page(scan, book, mark, reached, readings)


def remember(database: Database, scans: Mapping[int, Scan]) -> None:
    """Write down what each account's scan settled, where it is worth it, if that can be at once."""
    settled = {key: scan for key, scan in scans.items() if scan.is_worth_writing()}
    if not settled:
        return
    try:
        with database.write(deadline=0) as connection:
            for account_id, scan in sorted(settled.items()):
                accounts.lock(connection, account_id)
                if _is_still_true(connection, account_id, scan.start, scan.marks[-1]):
                    checkpoints.remember(connection, account_id, rows(scan.fresh), scan.marks)
    except DatabaseError:
        # Read-only, or busy: the next report does it.
        return


def rows(events: Iterable[Event]) -> list[StoredEvent]:
    """Events as the database keeps them."""
    return [StoredEvent(event.at, event.after, event.kind, event.quota) for event in events]


def context_start(connection: Connection, account_id: int, mark: StoredCheckpoint) -> int:
    """The moment of the first snapshot that it takes to go on from `mark`."""
    return int(_context(Shelf(connection, account_id), mark).times[0])


def _is_still_true(
    connection: Connection, account_id: int, start: StoredCheckpoint | None, last: StoredCheckpoint
) -> bool:
    """Whether nothing was scanned, imported or taken back meanwhile."""
    marks = checkpoints.list_checkpoints(connection, account_id)
    if (marks[0] if marks else None) != start:
        return False
    since = start.scanned_to + 1 if start else None
    new = snapshots.count(connection, account_id, since, last.scanned_to + 1)
    return new == last.count - (start.count if start else 0)


def _turn_page(
    scan: Scan,
    book: Ledger,
    mark: StoredCheckpoint | None,
    reached: StoredCheckpoint | None,
    readings: SnapshotArrays,
) -> tuple[StoredCheckpoint | None, SnapshotArrays]:
    """Leave behind what is settled, keeping the context for what follows."""
    if reached is None:
        return mark, readings
    settled = len(readings.until(reached.scanned_to))
    needed = build.context_length(readings.times[:settled])
    if not needed:
        return mark, readings
    done = [event for event in book.events if event.at <= reached.scanned_to]
    scan.events += done
    scan.fresh += done
    scan.marks.append(reached)
    return reached, readings[settled - needed :]


def _settle(scan: Scan, book: Ledger, reached: StoredCheckpoint | None) -> None:
    scan.events += book.events
    if reached is not None:
        scan.fresh += [event for event in book.events if event.at <= reached.scanned_to]
        scan.marks.append(reached)


def _mark_for(shelf: Shelf, as_of: int) -> StoredCheckpoint | None:
    """The last mark whose events were settled by what was captured up to `as_of`, or the floor."""
    for mark in (mark for mark in shelf.marks if mark.scanned_to <= as_of):
        if shelf.latest is not None and shelf.latest <= as_of:
            return mark
        seen = shelf.read(mark.scanned_to, as_of + 1, CHUNK)
        if watched(seen.times)[-1] >= SETTLING:
            return mark
    return next((mark for mark in shelf.marks if mark.floor), None)


def _context(shelf: Shelf, mark: StoredCheckpoint | None) -> SnapshotArrays:
    """The snapshots up to `mark` from which the ledger goes on."""
    if mark is None:
        return _NOTHING
    span = 2 * build.CONTEXT_SPAN
    while True:
        since = max(mark.scanned_to - span, 0)
        readings = shelf.read(since, mark.scanned_to + 1)
        needed = build.context_length(readings.times)
        if needed or not since or len(readings) == mark.count:
            return readings[len(readings) - (needed or len(readings)) :]
        span *= 4


def _checkpoint(mark: StoredCheckpoint | None) -> Checkpoint | None:
    return None if mark is None else Checkpoint(mark.scanned_to, mark.reserved, mark.exact)


def _mark_at(
    checkpoint: Checkpoint | None, before: StoredCheckpoint | None, readings: SnapshotArrays
) -> StoredCheckpoint | None:
    """The mark of a checkpoint that is later than the mark `before` it."""
    if checkpoint is None or checkpoint == _checkpoint(before):
        return None
    first, last = (before.scanned_to if before else -1, checkpoint.moment)
    new = int(((readings.times > first) & (readings.times <= last)).sum())
    count = (before.count if before else 0) + new
    return StoredCheckpoint(last, count, checkpoint.reserved, checkpoint.exact)


def _after(readings: SnapshotArrays) -> int:
    return int(readings.times[-1]) + 1 if len(readings) else 0


def _joined(one: SnapshotArrays, other: SnapshotArrays) -> SnapshotArrays:
    """Two stretches of readings, without the request counts, which the ledger does not need."""
    return SnapshotArrays(
        np.concatenate((one.times, other.times)),
        np.concatenate((one.quota, other.quota)),
        np.concatenate((one.used, other.used)),
    )
