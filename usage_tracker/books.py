"""The books: each account's ledger as the database remembers it.

The counters are cumulative, so a report needs few of the snapshots: those next to its
boundaries, found by index seeks. What else it tells - refunds, resets, credit and
gaps - needs them all, but each only once: what the ledger has settled is written down
with a mark, and only what is newer than the mark, with some days of context, is looked
at again. `audit` proves it against the whole.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from sqlalchemy import Connection

from usage_tracker.analysis import ledger
from usage_tracker.analysis.ledger import Checkpoint, Event, Kind, Ledger
from usage_tracker.analysis.level import LONG, watched
from usage_tracker.analysis.readings import TAIL, Int64s, Readings
from usage_tracker.errors import DatabaseError
from usage_tracker.history import LEARNT_HOURS, Sightings, View, asked
from usage_tracker.store import columns, failures, memory, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.memory import Mark, StoredEvent
from usage_tracker.store.schema import LAST_MOMENT
from usage_tracker.times import DAY, HOUR

CHUNK = 200_000
"""How many snapshots are scanned at once."""

WORTH_WRITING = DAY
"""How much later than the last one a mark must be to be written down."""

SETTLING = 2 * LONG
"""The time watched after a mark by which its events were settled."""

SEEK = 3
"""How many rows can be read in the time of one seek."""

_NOTHING = Readings(*(np.empty(0, np.int64) for _ in range(3)))

Progress = Callable[[int], None]


@dataclass(slots=True)
class Scan:
    """An account's ledger brought up to some moment.

    `events` are all that are known then, in order; `start` is the mark it went on from,
    `marks` are those it reached, `fresh` the settled events up to the last of them.
    """

    start: Mark | None
    events: list[Event]
    marks: list[Mark] = field(default_factory=list)
    fresh: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Question:
    """What a report asks of an account: the window [since, until), as known at `as_of`.

    The balance must be known at `moments`, the spend in each of the last so many `hours`.
    """

    since: int
    until: int
    as_of: int
    moments: Int64s
    hours: int = LEARNT_HOURS


def view(database: Database, account: StoredAccount, question: Question) -> View:
    """What the database knows to answer `question`.

    What was settled on the way is written down, if that is possible at once.
    """
    with database.read() as connection:
        scan = bring_up(connection, account.account_id, question.as_of)
        readings = _near(connection, account.account_id, question)
        seen = _sightings(connection, account.account_id, question)
    remember(database, account.account_id, scan)
    return View(
        account=account.name,
        base_url=account.base_url,
        quota_per_unit=account.quota_per_unit,
        ledger=ledger.account_for(readings, tuple(scan.events)),
        sightings=seen,
    )


def bring_up(connection: Connection, account_id: int, as_of: int) -> Scan:
    """The account's events as known at `as_of`, from what is remembered and what is newer."""
    mark = _mark_for(connection, account_id, as_of)
    scan = Scan(mark, _events(connection, account_id, mark))
    if mark is not None and mark.scanned_to > as_of:
        scan.events = [event for event in scan.events if event.at <= as_of]
        return scan
    _scan(connection, account_id, as_of, scan, _context(connection, account_id, mark))
    return scan


def _scan(
    connection: Connection,
    account_id: int,
    as_of: int,
    scan: Scan,
    readings: Readings,
    progress: Progress | None = None,
) -> None:
    """Keep the ledger from where `scan` starts, with `readings` for context, up to `as_of`."""
    mark = scan.start
    while True:
        more = _read(connection, account_id, _after(readings), as_of + 1)
        if progress is not None:
            progress(len(more))
        readings = _joined(readings, more)
        book = ledger.keep(readings, _checkpoint(mark))
        reached = _mark_at(book.checkpoint, mark, readings)
        if len(more) < CHUNK:
            _settle(scan, book, reached)
            return
        mark, readings = _turn_page(scan, book, mark, reached, readings)


def remember(database: Database, account_id: int, scan: Scan) -> None:
    """Write down what `scan` settled, if it is worth it and can be done at once."""
    last = scan.marks[-1] if scan.marks else None
    begun = scan.start.scanned_to if scan.start else 0
    if last is None or last.scanned_to - begun < WORTH_WRITING:
        return
    try:
        with database.write(deadline=0) as connection:
            if _is_still_true(connection, account_id, scan.start, last):
                memory.remember(connection, account_id, rows(scan.fresh), scan.marks)
    except DatabaseError:
        # Read-only, or busy: the next report does it.
        return


def rows(events: Iterable[Event]) -> list[StoredEvent]:
    """Events as the database keeps them."""
    return [StoredEvent(event.at, event.after, event.kind, event.quota) for event in events]


def _is_still_true(connection: Connection, account_id: int, start: Mark | None, last: Mark) -> bool:
    """Whether nothing was scanned, imported or taken back meanwhile."""
    marks = memory.marks(connection, account_id)
    if (marks[0] if marks else None) != start:
        return False
    since = start.scanned_to + 1 if start else None
    new = snapshots.count(connection, account_id, since, last.scanned_to + 1)
    return new == last.count - (start.count if start else 0)


def _turn_page(
    scan: Scan, book: Ledger, mark: Mark | None, reached: Mark | None, readings: Readings
) -> tuple[Mark | None, Readings]:
    """Leave behind what is settled, keeping the context for what follows."""
    if reached is None:
        return mark, readings
    settled = len(readings.until(reached.scanned_to))
    needed = ledger.context(readings.times[:settled])
    if not needed:
        return mark, readings
    done = [event for event in book.events if event.at <= reached.scanned_to]
    scan.events += done
    scan.fresh += done
    scan.marks.append(reached)
    return reached, readings[settled - needed :]


def _settle(scan: Scan, book: Ledger, reached: Mark | None) -> None:
    scan.events += book.events
    if reached is not None:
        scan.fresh += [event for event in book.events if event.at <= reached.scanned_to]
        scan.marks.append(reached)


def _mark_for(connection: Connection, account_id: int, as_of: int) -> Mark | None:
    """The last mark whose events were settled by what was captured up to `as_of`, or the floor."""
    latest = snapshots.last(connection, account_id)
    marks = memory.marks(connection, account_id)
    for mark in (mark for mark in marks if mark.scanned_to <= as_of):
        if latest is not None and latest.captured_at <= as_of:
            return mark
        seen = _read(connection, account_id, mark.scanned_to, as_of + 1)
        if watched(seen.times)[-1] >= SETTLING:
            return mark
    return next((mark for mark in marks if mark.floor), None)


def _context(connection: Connection, account_id: int, mark: Mark | None) -> Readings:
    """The snapshots up to `mark` from which the ledger goes on."""
    if mark is None:
        return _NOTHING
    span = 2 * ledger.CONTEXT
    while True:
        since = mark.scanned_to - span
        readings = _readings(columns.read(connection, account_id, since, mark.scanned_to + 1))
        needed = ledger.context(readings.times)
        if needed or len(readings) == mark.count:
            return readings[len(readings) - (needed or len(readings)) :]
        span *= 4


def context_start(connection: Connection, account_id: int, mark: Mark) -> int:
    """The moment of the first snapshot that it takes to go on from `mark`."""
    return int(_context(connection, account_id, mark).times[0])


def _events(connection: Connection, account_id: int, mark: Mark | None) -> list[Event]:
    if mark is None:
        return []
    stored = memory.events(connection, account_id, mark.scanned_to + 1)
    return [Event(row.captured_at, row.after, cast("Kind", row.kind), row.quota) for row in stored]


def _checkpoint(mark: Mark | None) -> Checkpoint | None:
    return None if mark is None else Checkpoint(mark.scanned_to, mark.reserved, mark.exact)


def _mark_at(checkpoint: Checkpoint | None, before: Mark | None, readings: Readings) -> Mark | None:
    """The mark of a checkpoint that is later than the mark `before` it."""
    if checkpoint is None or checkpoint == _checkpoint(before):
        return None
    first, last = (before.scanned_to if before else -1, checkpoint.moment)
    new = int(((readings.times > first) & (readings.times <= last)).sum())
    count = (before.count if before else 0) + new
    return Mark(last, count, checkpoint.reserved, checkpoint.exact)


def _after(readings: Readings) -> int | None:
    return int(readings.times[-1]) + 1 if len(readings) else None


def _read(connection: Connection, account_id: int, since: int | None, until: int) -> Readings:
    return _readings(columns.read(connection, account_id, since, until, CHUNK))


def _readings(found: columns.Columns) -> Readings:
    return Readings(found.times, found.quota, found.used, found.requests)


def _joined(one: Readings, other: Readings) -> Readings:
    """Two stretches of readings, without the request counts, which the ledger does not need."""
    return Readings(
        np.concatenate((one.times, other.times)),
        np.concatenate((one.quota, other.quota)),
        np.concatenate((one.used, other.used)),
    )


def _near(connection: Connection, account_id: int, question: Question) -> Readings:
    """The snapshots next to each of the moments and hours in question.

    Where polls are hourly or rarer it is quicker to read them all.
    """
    as_of = question.as_of
    last = snapshots.at(connection, account_id, as_of)
    if last is None:
        return _NOTHING
    wanted = asked(question.moments, last.captured_at, question.hours)
    since = last.captured_at - question.hours * HOUR
    recent = columns.read(connection, account_id, since, as_of + 1, len(wanted) * SEEK)
    if len(recent) < len(wanted) * SEEK:
        recent_from = int(recent.times[0])
        older = wanted[wanted <= recent_from]
        found = columns.around(connection, account_id, older.tolist(), as_of + 1, TAIL)
        found = columns.merged(found, recent)
    else:
        found = columns.around(connection, account_id, wanted.tolist(), as_of + 1, TAIL)
    return _readings(found).around(wanted)


def _sightings(connection: Connection, account_id: int, question: Question) -> Sightings:
    since, as_of = question.since, question.as_of
    end = as_of + 1 if question.until >= as_of else question.until
    count = snapshots_before(connection, account_id, end) - snapshots_before(
        connection, account_id, since
    )
    first = snapshots.after(connection, account_id, since - 1)
    last = snapshots.at(connection, account_id, end - 1)
    latest = snapshots.at(connection, account_id, as_of)
    return Sightings(
        count=count,
        first=first.captured_at if first and count else None,
        last=last.captured_at if last and count else None,
        latest=latest.captured_at if latest else None,
        failures=failures.count(connection, account_id, since, end),
    )


def snapshots_before(connection: Connection, account_id: int, moment: int) -> int:
    """How many snapshots lie before `moment`, counted from the last mark on."""
    mark = next(iter(memory.marks(connection, account_id, moment)), None)
    since = mark.scanned_to + 1 if mark else None
    counted = mark.count if mark else 0
    return counted + snapshots.count(connection, account_id, since, moment)


def audit(
    database: Database, account: StoredAccount, progress: Progress | None = None
) -> str | None:
    """Recompute what is remembered of an account from all its snapshots; what differs, in words."""
    with database.read() as connection:
        marks = memory.marks(connection, account.account_id)
        if not marks:
            return None
        remembered = _events(connection, account.account_id, marks[0])
        count = snapshots.count(connection, account.account_id, None, marks[0].scanned_to + 1)
        floor = marks[-1] if marks[-1].floor else None
        whole = _anew(connection, account.account_id, floor, progress)
    settled = [event for event in whole if event.at <= marks[0].scanned_to]
    if count != marks[0].count:
        return f"{marks[0].count} snapshots were scanned, and there are {count}"
    if settled != remembered:
        wrong = len(set(settled) ^ set(remembered))
        return f"{wrong} remembered events are not what the snapshots say"
    return None


def _anew(
    connection: Connection, account_id: int, floor: Mark | None, progress: Progress | None
) -> list[Event]:
    """All events, recomputed from the floor on."""
    scan = Scan(floor, _events(connection, account_id, floor))
    context = _context(connection, account_id, floor)
    _scan(connection, account_id, LAST_MOMENT, scan, context, progress)
    return scan.events
