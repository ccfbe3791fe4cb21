"""The proof: what is remembered, recomputed from the snapshots."""

from usage_tracker.books import scan as scanning
from usage_tracker.books.scan import Scan
from usage_tracker.books.shelf import Shelf
from usage_tracker.store import snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.schema import LAST_MOMENT


def audit(
    database: Database, account: StoredAccount, progress: Progress | None = None
) -> str | None:
    """Recompute what is remembered of an account from all its snapshots; what differs, in words."""
    with database.read() as connection:
        shelf = Shelf(connection, account.account_id)
        if not shelf.marks:
            return None
        last = shelf.marks[0]
        remembered = shelf.events(last)
        count = snapshots.count(connection, account.account_id, None, last.scanned_to + 1)
        anew = _anew(shelf, progress)
    settled = [event for event in anew.events if event.at <= last.scanned_to]
    if count != last.count:
        return f"{last.count} snapshots were scanned, and there are {count}"
    if settled != remembered:
        wrong = len(set(settled) ^ set(remembered))
        return f"{wrong} remembered events are not what the snapshots say"
    return None


def _anew(shelf: Shelf, progress: Progress | None) -> Scan:
    """All of it, recomputed from the floor on."""
    floor = shelf.marks[-1] if shelf.marks[-1].floor else None
    scan = Scan(floor, shelf.events(floor))
    scanning.go_on(shelf, LAST_MOMENT, scan, progress)
    return scan
