"""Taking to hand what a question needs of many accounts, by a few statements for all."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from usage_tracker.books.question import Question
from usage_tracker.books.shelf import Hand
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.store import checkpoints, failures, snapshot_arrays, snapshots
from usage_tracker.store.schema import LAST_MOMENT
from usage_tracker.times import DAY, HOUR

SEEK = 10
"""How many snapshots can be read in the time that it takes to seek two beside a moment."""

Moments = dict[int, int | None]


def fetch(
    connection: Connection, account_ids: Sequence[int], question: Question
) -> dict[int, Hand]:
    """What is worth having at hand to answer `question`, by account_id."""
    origins = _last(connection, account_ids, question.as_of)
    latest = _last(connection, account_ids, LAST_MOMENT)
    recent = _recent(connection, origins, question)
    firsts = snapshot_arrays.firsts(connection, account_ids)
    marks = checkpoints.checkpoints_by_account(connection, account_ids)
    events = checkpoints.events_by_account(connection, account_ids)
    failed = failures.counts(connection, account_ids, question.since, question.end)
    return {
        key: Hand(
            until=question.as_of + 1,
            origin=origins[key],
            latest=latest[key],
            first=firsts.get(key, snapshot_arrays.EMPTY),
            recent=recent.get(key, snapshot_arrays.EMPTY),
            marks=marks[key],
            events=events[key],
            failed=failed[key],
        )
        for key in account_ids
    }


def _last(connection: Connection, account_ids: Sequence[int], moment: int) -> Moments:
    """The moment of each account's last snapshot at or before `moment`."""
    found = snapshots.at_or_before(connection, account_ids, [moment])
    return {key: None if one is None else one.captured_at for key, (one,) in found.items()}


def _recent(
    connection: Connection, origins: Moments, question: Question
) -> dict[int, SnapshotArrays]:
    """All snapshots of the hours in question, of the accounts that do not have too many."""
    until = question.as_of + 1
    most = SEEK * (question.hours + len(question.moments))
    found: dict[int, SnapshotArrays] = {}
    for since, keys in _stretches(origins, question):
        counts = snapshots.counts(connection, keys, since, until, most)
        few = [key for key in keys if counts[key] < most]
        found |= snapshot_arrays.read_many(connection, few, since, until)
    return found


def _stretches(origins: Moments, question: Question) -> Iterator[tuple[int, list[int]]]:
    """Since when, and of which accounts: together where the last snapshot is of the last day.

    A day more than what is asked for, so that it begins with a snapshot before that.
    """
    asked = question.hours * HOUR + DAY
    lively = question.as_of - DAY
    known = {key: origin for key, origin in origins.items() if origin is not None}
    yield max(lively - asked, 0), [key for key, origin in known.items() if origin >= lively]
    for key, origin in known.items():
        if origin < lively:
            yield max(origin - asked, 0), [key]
