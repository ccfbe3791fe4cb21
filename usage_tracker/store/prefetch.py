"""Prefetch what a query needs of many accounts by a few statements for all of them."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.sampling import SampleQuery
from usage_tracker.store import checkpoints, failures, snapshot_arrays, snapshots
from usage_tracker.store.ledger_source import Prefetched
from usage_tracker.store.schema import LAST_MOMENT
from usage_tracker.times import DAY, HOUR

SEEK = 10
"""So many snapshots are read in the time of two seeks beside a moment."""

Moments = dict[int, int | None]


def prefetch(
    connection: Connection, account_ids: Sequence[int], query: SampleQuery
) -> dict[int, Prefetched]:
    """Return what `query` needs of each account, by account_id."""
    origins = _last(connection, account_ids, query.as_of)
    latest = _last(connection, account_ids, LAST_MOMENT)
    recent = _recent(connection, origins, query)
    firsts = snapshot_arrays.firsts(connection, account_ids)
    marks = checkpoints.checkpoints_by_account(connection, account_ids)
    events = checkpoints.events_by_account(connection, account_ids)
    failed = failures.counts(connection, account_ids, query.since, query.end)
    return {
        key: Prefetched(
            until=query.as_of + 1,
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
    """Return the moment of each account's last snapshot at or before `moment`."""
    found = snapshots.at_or_before(connection, account_ids, [moment])
    return {key: None if one is None else one.captured_at for key, (one,) in found.items()}


def _recent(
    connection: Connection, origins: Moments, query: SampleQuery
) -> dict[int, SnapshotArrays]:
    """Return all snapshots of the hours asked for, of accounts that do not have too many."""
    until = query.as_of + 1
    most = SEEK * (query.hours + len(query.moments))
    found: dict[int, SnapshotArrays] = {}
    for since, keys in _stretches(origins, query):
        counts = snapshots.counts(connection, keys, since, until, most)
        few = [key for key in keys if counts[key] < most]
        found |= snapshot_arrays.read_many(connection, few, since, until)
    return found


def _stretches(origins: Moments, query: SampleQuery) -> Iterator[tuple[int, list[int]]]:
    """Yield a start and the accounts to read from it: one for all that are up to date.

    A day more than what is asked for, so that it begins with a snapshot before that.
    """
    asked = query.hours * HOUR + DAY
    lively = query.as_of - DAY
    known = {key: origin for key, origin in origins.items() if origin is not None}
    yield max(lively - asked, 0), [key for key, origin in known.items() if origin >= lively]
    for key, origin in known.items():
        if origin < lively:
            yield max(origin - asked, 0), [key]
