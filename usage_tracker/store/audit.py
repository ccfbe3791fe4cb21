"""Compare the stored events with a full scan of the snapshots."""

from dataclasses import dataclass

from usage_tracker.store import catch_up, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.catch_up import CatchUp
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.ledger_source import LedgerSource
from usage_tracker.store.schema import LAST_MOMENT


@dataclass(frozen=True, slots=True)
class Audit:
    """How the stored events differ from all snapshots, None if they do not.

    `strays` are the moments (UTC ms) of the snapshots that are out of their order.
    """

    difference: str | None
    strays: tuple[int, ...]


def audit(database: Database, account: StoredAccount, progress: Progress | None = None) -> Audit:
    """Return what a full scan of an account's snapshots finds."""
    with database.read() as connection:
        source = LedgerSource(connection, account.account_id)
        last = source.marks[0] if source.marks else None
        stored = source.events(last)
        until = last.scanned_to + 1 if last else 0
        count = snapshots.count(connection, account.account_id, None, until)
        scanned = _scan_all(source, progress)
    strays = tuple(event.at for event in scanned.events if event.kind == "stray")
    settled = [event for event in scanned.events if event.at < until]
    if last is not None and count != last.count:
        return Audit(f"{last.count} snapshots were scanned, and there are {count}", strays)
    wrong = len(set(settled) ^ set(stored))
    difference = f"{wrong} stored events are not what the snapshots say" if wrong else None
    return Audit(difference, strays)


def _scan_all(source: LedgerSource, progress: Progress | None) -> CatchUp:
    """Return the ledger of all snapshots, from the baseline on."""
    floor = source.marks[-1] if source.marks and source.marks[-1].is_baseline else None
    result = CatchUp(floor, source.events(floor))
    catch_up.continue_ledger(source, LAST_MOMENT, result, progress)
    return result
