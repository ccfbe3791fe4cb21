"""Bring an account's ledger up to date: stored events, and what later snapshots add."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from usage_tracker.errors import DatabaseError
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.build import Ledger
from usage_tracker.ledger.events import Checkpoint, Event
from usage_tracker.ledger.level import LONG, time_watched
from usage_tracker.store import accounts, checkpoints, snapshots
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.ledger_source import LedgerSource
from usage_tracker.times import DAY

CHUNK = 200_000
"""The number of snapshots scanned at once."""

LEAST_PROGRESS = DAY
"""A checkpoint is stored if it is so much later than the last one."""

SETTLING = 2 * LONG
"""The time watched after a checkpoint after which its events are settled."""

_NOTHING = SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3)))


@dataclass(slots=True)
class CatchUp:
    """An account's ledger as known at some moment.

    `events` are all events known then, in order; `start` is the checkpoint it continued from,
    `marks` are the checkpoints it reached, `fresh` the events settled since `start`.
    """

    start: StoredCheckpoint | None
    events: list[Event]
    marks: list[StoredCheckpoint] = field(default_factory=list)
    fresh: list[Event] = field(default_factory=list)

    def is_worth_storing(self) -> bool:
        """Return whether it reached far enough beyond what is stored."""
        begun = self.start.scanned_to if self.start else 0
        return bool(self.marks) and self.marks[-1].scanned_to - begun >= LEAST_PROGRESS


def catch_up_account(connection: Connection, account_id: int, as_of: int) -> CatchUp:
    """Return the account's events as known at `as_of`."""
    return catch_up_source(LedgerSource(connection, account_id), as_of)


def catch_up_source(source: LedgerSource, as_of: int) -> CatchUp:
    """Return the events of a source as known at `as_of`."""
    mark = _mark_for(source, as_of)
    result = CatchUp(mark, source.events(mark))
    if mark is not None and mark.scanned_to > as_of:
        result.events = [event for event in result.events if event.at <= as_of]
        return result
    continue_ledger(source, as_of, result)
    return result


def continue_ledger(
    source: LedgerSource, as_of: int, result: CatchUp, progress: Progress | None = None
) -> None:
    """Build the ledger from where `result` starts up to `as_of`."""
    mark, readings = result.start, _context(source, result.start)
    while True:
        more = source.read(_after(readings), as_of + 1, CHUNK)
        if progress is not None:
            progress(len(more))
        readings = _joined(readings, more)
        book = build.build_ledger(readings, _checkpoint(mark))
        reached = _mark_at(book.checkpoint, mark, readings)
        if len(more) < CHUNK:
            _settle(result, book, reached)
            return
        mark, readings = _next_chunk(result, book, mark, reached, readings)


def store_settled(database: Database, results: Mapping[int, CatchUp]) -> None:
    """Store what each result settled, if it is enough and the database can be written at once."""
    settled = {key: result for key, result in results.items() if result.is_worth_storing()}
    if not settled:
        return
    try:
        with database.write(deadline=0) as connection:
            for account_id, result in sorted(settled.items()):
                accounts.lock(connection, account_id)
                if _is_unchanged(connection, account_id, result.start, result.marks[-1]):
                    checkpoints.insert_events(connection, account_id, result.fresh)
                    for mark in result.marks:
                        checkpoints.upsert(connection, account_id, mark)
    except DatabaseError:
        # Read-only, or busy: the next report does it.
        return


def context_start(connection: Connection, account_id: int, mark: StoredCheckpoint) -> int:
    """Return the moment of the first snapshot needed to continue from `mark`."""
    return int(_context(LedgerSource(connection, account_id), mark).times[0])


def _is_unchanged(
    connection: Connection, account_id: int, start: StoredCheckpoint | None, last: StoredCheckpoint
) -> bool:
    """Return whether nothing was scanned, imported or removed in the meantime."""
    marks = checkpoints.list_checkpoints(connection, account_id)
    if (marks[0] if marks else None) != start:
        return False
    since = start.scanned_to + 1 if start else None
    new = snapshots.count(connection, account_id, since, last.scanned_to + 1)
    return new == last.count - (start.count if start else 0)


def _next_chunk(
    result: CatchUp,
    book: Ledger,
    mark: StoredCheckpoint | None,
    reached: StoredCheckpoint | None,
    readings: SnapshotArrays,
) -> tuple[StoredCheckpoint | None, SnapshotArrays]:
    """Drop what is settled, except the context for what follows."""
    if reached is None:
        return mark, readings
    settled = len(readings.until(reached.scanned_to))
    needed = build.context_length(readings.times[:settled])
    if not needed:
        return mark, readings
    done = [event for event in book.events if event.at <= reached.scanned_to]
    result.events += done
    result.fresh += done
    result.marks.append(reached)
    return reached, readings[settled - needed :]


def _settle(result: CatchUp, book: Ledger, reached: StoredCheckpoint | None) -> None:
    result.events += book.events
    if reached is not None:
        result.fresh += [event for event in book.events if event.at <= reached.scanned_to]
        result.marks.append(reached)


def _mark_for(source: LedgerSource, as_of: int) -> StoredCheckpoint | None:
    """Return the last checkpoint whose events were settled by `as_of`, or the baseline."""
    for mark in (mark for mark in source.marks if mark.scanned_to <= as_of):
        if source.latest is not None and source.latest <= as_of:
            return mark
        seen = source.read(mark.scanned_to, as_of + 1, CHUNK)
        if time_watched(seen.times)[-1] >= SETTLING:
            return mark
    return next((mark for mark in source.marks if mark.is_baseline), None)


def _context(source: LedgerSource, mark: StoredCheckpoint | None) -> SnapshotArrays:
    """Return the snapshots up to `mark` that the ledger needs to continue."""
    if mark is None:
        return _NOTHING
    span = 2 * build.CONTEXT_SPAN
    while True:
        since = max(mark.scanned_to - span, 0)
        readings = source.read(since, mark.scanned_to + 1)
        needed = build.context_length(readings.times)
        if needed or not since or len(readings) == mark.count:
            return readings[len(readings) - (needed or len(readings)) :]
        span *= 4


def _checkpoint(mark: StoredCheckpoint | None) -> Checkpoint | None:
    return None if mark is None else Checkpoint(mark.scanned_to, mark.reserved, mark.exact)


def _mark_at(
    checkpoint: Checkpoint | None, before: StoredCheckpoint | None, readings: SnapshotArrays
) -> StoredCheckpoint | None:
    """Return a checkpoint as a row, None if it is not later than `before`."""
    if checkpoint is None or checkpoint == _checkpoint(before):
        return None
    first, last = (before.scanned_to if before else -1, checkpoint.moment)
    new = int(((readings.times > first) & (readings.times <= last)).sum())
    count = (before.count if before else 0) + new
    return StoredCheckpoint(last, count, checkpoint.reserved, checkpoint.exact)


def _after(readings: SnapshotArrays) -> int:
    return int(readings.times[-1]) + 1 if len(readings) else 0


def _joined(one: SnapshotArrays, other: SnapshotArrays) -> SnapshotArrays:
    """Return two stretches as one, without the request counts, which the ledger does not need."""
    return SnapshotArrays(
        np.concatenate((one.times, other.times)),
        np.concatenate((one.quota, other.quota)),
        np.concatenate((one.used, other.used)),
    )
