"""Sample what a report needs of some accounts: their events, and few of their snapshots.

The counters are cumulative, so a report needs only the snapshots next to its boundaries, which
index seeks find. Refunds, resets, credits and gaps need all snapshots, but each only once:
what the ledger has settled is stored with a checkpoint, and only later snapshots, with some
days of context, are scanned (see `catch_up`). `audit` compares that with a full scan.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import TAIL, SnapshotArrays
from usage_tracker.ledger.events import Event
from usage_tracker.ledger.sampling import (
    AccountSample,
    SampleQuery,
    SnapshotCounts,
    chart_moments,
    sample_moments,
    with_starts,
)
from usage_tracker.store import snapshot_arrays
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.catch_up import catch_up_source, store_settled
from usage_tracker.store.database import Database
from usage_tracker.store.ledger_source import LedgerSource, Prefetched
from usage_tracker.store.prefetch import prefetch

BATCH = 100
"""How many accounts are looked at in one transaction."""


def sample(database: Database, account: StoredAccount, query: SampleQuery) -> AccountSample:
    """What the database knows to answer `query`."""
    return next(samples(database, [account], query))


def samples(
    database: Database, accounts: Sequence[StoredAccount], query: SampleQuery
) -> Iterator[AccountSample]:
    """The same for several accounts, in their order.

    What was settled on the way is written down, if that is possible at once.
    """
    for start in range(0, len(accounts), BATCH):
        yield from _batch(database, accounts[start : start + BATCH], query)


def _batch(
    database: Database, accounts: Sequence[StoredAccount], query: SampleQuery
) -> list[AccountSample]:
    found, results = [], {}
    with database.read() as connection:
        ready = prefetch(connection, [account.account_id for account in accounts], query)
        for account in accounts:
            prefetched = ready[account.account_id]
            source = LedgerSource(connection, account.account_id, prefetched)
            result = results[account.account_id] = catch_up_source(source, query.as_of)
            near = _near(source, prefetched, query, result.events)
            found.append(
                AccountSample(
                    account=account.name,
                    base_url=account.base_url,
                    quota_per_unit=account.quota_per_unit,
                    ledger=build.ledger_from_events(near, tuple(result.events)),
                    counts=_counts(source, prefetched, query),
                )
            )
    store_settled(database, results)
    return found


def _near(
    source: LedgerSource, prefetched: Prefetched, query: SampleQuery, events: Sequence[Event]
) -> SnapshotArrays:
    """Return the snapshots next to the moments and hours of `query` and to `events`."""
    if prefetched.origin is None:
        return snapshot_arrays.EMPTY
    shown = chart_moments(query.since, query.until, int(prefetched.first.times[0]), events)
    sought = np.concatenate((sample_moments(query.moments, prefetched.origin, query.hours), shown))
    wanted = with_starts(sought, events)
    parts = [prefetched.first, prefetched.recent]
    older = wanted[wanted < prefetched.since]
    if len(older):
        parts.append(
            snapshot_arrays.neighbours(
                source.connection, source.account_id, older.tolist(), prefetched.until
            )
        )
    if prefetched.since and len(prefetched.recent) < TAIL:
        parts.append(
            snapshot_arrays.latest(source.connection, source.account_id, prefetched.until, TAIL)
        )
    return snapshot_arrays.merge(*parts).around(wanted)


def _counts(source: LedgerSource, prefetched: Prefetched, query: SampleQuery) -> SnapshotCounts:
    first, last = source.ends(query.since, query.end)
    return SnapshotCounts(
        count=0 if first is None else source.count(query.since, query.end),
        first=first,
        last=last,
        latest=prefetched.origin,
        failures=prefetched.failed,
    )
