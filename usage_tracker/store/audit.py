"""Compare the stored events with a full scan of the snapshots."""

from usage_tracker.store import catch_up, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.catch_up import CatchUp
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.ledger_source import LedgerSource
from usage_tracker.store.schema import LAST_MOMENT


def audit(
    database: Database, account: StoredAccount, progress: Progress | None = None
) -> str | None:
    """Return how an account's stored events differ from all its snapshots, None if they do not."""
    with database.read() as connection:
        source = LedgerSource(connection, account.account_id)
        if not source.marks:
            return None
        last = source.marks[0]
        stored = source.events(last)
        count = snapshots.count(connection, account.account_id, None, last.scanned_to + 1)
        scanned = _scan_all(source, progress)
    settled = [event for event in scanned.events if event.at <= last.scanned_to]
    if count != last.count:
        return f"{last.count} snapshots were scanned, and there are {count}"
    if settled != stored:
        wrong = len(set(settled) ^ set(stored))
        return f"{wrong} stored events are not what the snapshots say"
    return None


def _scan_all(source: LedgerSource, progress: Progress | None) -> CatchUp:
    """Return the ledger of all snapshots, from the baseline on."""
    floor = source.marks[-1] if source.marks[-1].is_baseline else None
    result = CatchUp(floor, source.events(floor))
    catch_up.continue_ledger(source, LAST_MOMENT, result, progress)
    return result
