"""What a report needs of some accounts, from the books and the snapshots next to its moments."""

from collections.abc import Iterator, Sequence

import numpy as np

from usage_tracker.books.hand import fetch
from usage_tracker.books.question import Question
from usage_tracker.books.scan import bring_up_shelf, remember
from usage_tracker.books.shelf import Hand, Shelf
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import TAIL, SnapshotArrays
from usage_tracker.ledger.build import Ledger
from usage_tracker.ledger.events import Event
from usage_tracker.store import snapshot_arrays
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.view import Sightings, View, asked, drawn

BATCH = 100
"""How many accounts are looked at in one transaction."""


def view(database: Database, account: StoredAccount, question: Question) -> View:
    """What the database knows to answer `question`."""
    return next(views(database, [account], question))


def views(
    database: Database, accounts: Sequence[StoredAccount], question: Question
) -> Iterator[View]:
    """The same for several accounts, in their order.

    What was settled on the way is written down, if that is possible at once.
    """
    for start in range(0, len(accounts), BATCH):
        yield from _batch(database, accounts[start : start + BATCH], question)


def _batch(database: Database, accounts: Sequence[StoredAccount], question: Question) -> list[View]:
    found, scans = [], {}
    with database.read() as connection:
        hands = fetch(connection, [account.account_id for account in accounts], question)
        for account in accounts:
            hand = hands[account.account_id]
            shelf = Shelf(connection, account.account_id, hand)
            scan = scans[account.account_id] = bring_up_shelf(shelf, question.as_of)
            near = _near(shelf, hand, question, scan.events)
            kept = build.ledger_from_events(near, tuple(scan.events))
            found.append(_view(account, kept, _sightings(shelf, hand, question)))
    remember(database, scans)
    return found


def _view(account: StoredAccount, kept: Ledger, seen: Sightings) -> View:
    return View(
        account=account.name,
        base_url=account.base_url,
        quota_per_unit=account.quota_per_unit,
        ledger=kept,
        sightings=seen,
    )


def _near(shelf: Shelf, hand: Hand, question: Question, events: Sequence[Event]) -> SnapshotArrays:
    """The snapshots next to each of the moments and hours in question, and to the `events`."""
    if hand.origin is None:
        return snapshot_arrays.EMPTY
    shown = drawn(question.since, question.until, int(hand.first.times[0]), events)
    wanted = np.concatenate((asked(question.moments, hand.origin, question.hours), shown))
    parts = [hand.first, hand.recent]
    older = wanted[wanted < hand.since]
    if len(older):
        parts.append(
            snapshot_arrays.neighbours(
                shelf.connection, shelf.account_id, older.tolist(), hand.until
            )
        )
    if hand.since and len(hand.recent) < TAIL:
        parts.append(snapshot_arrays.latest(shelf.connection, shelf.account_id, hand.until, TAIL))
    return snapshot_arrays.merge(*parts).around(wanted)


def _sightings(shelf: Shelf, hand: Hand, question: Question) -> Sightings:
    first, last = shelf.ends(question.since, question.end)
    return Sightings(
        count=0 if first is None else shelf.count(question.since, question.end),
        first=first,
        last=last,
        latest=hand.origin,
        failures=hand.failed,
    )
