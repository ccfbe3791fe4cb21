"""Removal of one snapshot, such as one that a wrong clock put out of its order.

The ledger is computed again from there. A snapshot up to the baseline of a pruned history
stays: the events stored for that time refer to it and cannot be computed again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from usage_tracker.errors import DatabaseError, MisuseError
from usage_tracker.store import accounts, checkpoints, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.backup import back_up_before
from usage_tracker.store.database import Database
from usage_tracker.store.snapshots import Snapshot
from usage_tracker.times import SECOND, iso

CHANGE: Final = "remove"
"""The name of a backup made before a removal has this in it."""

_MOST_LISTED = 5


class NoSuchSnapshotError(MisuseError):
    """There is no snapshot at that time."""

    def __init__(self, account: str, moment: int, nearest: Sequence[Snapshot]) -> None:
        near = " and ".join(iso(one.captured_at) for one in nearest)
        known = (
            f"the nearest {'is' if len(nearest) == 1 else 'are'} {near}" if near else "it has none"
        )
        super().__init__(f"there is no snapshot of {account!r} at {iso(moment)}: {known}")


class AmbiguousMomentError(MisuseError):
    """There are several snapshots in that second."""

    def __init__(self, account: str, found: Sequence[Snapshot]) -> None:
        listed = ", ".join(iso(one.captured_at) for one in found[:_MOST_LISTED])
        more = ", …" if len(found) > _MOST_LISTED else ""
        super().__init__(
            f"{account!r} has {len(found)} snapshots in that second: name one of {listed}{more}"
        )


class PrunedSnapshotError(MisuseError):
    """The snapshot belongs to the pruned part of the history."""

    def __init__(self, account: str, captured_at: int, baseline: int) -> None:
        super().__init__(
            f"the snapshot of {account!r} at {iso(captured_at)} cannot be removed: the history up "
            f"to {iso(baseline)} was pruned, and its stored events need the snapshots that are left"
        )


class RemovedMeanwhileError(DatabaseError):
    """Another process removed or changed the snapshot."""

    def __init__(self, account: str, captured_at: int) -> None:
        super().__init__(
            f"the snapshot of {account!r} at {iso(captured_at)} was changed meanwhile: see "
            "`tracker history`"
        )


def find(connection: Connection, account: StoredAccount, moment: int, span: int) -> Snapshot:
    """Return the only snapshot of `account` in [moment, moment + span), if it can be removed.

    Raises:
        NoSuchSnapshotError, AmbiguousMomentError: There is none, or there are several.
        PrunedSnapshotError: It must stay.
    """
    found = list(snapshots.iterate(connection, account.account_id, moment, moment + span))
    if not found:
        before = snapshots.at(connection, account.account_id, moment)
        after = snapshots.after(connection, account.account_id, moment)
        nearest = [one for one in (before, after) if one is not None]
        raise NoSuchSnapshotError(account.name, moment, nearest)
    if len(found) > 1:
        raise AmbiguousMomentError(account.name, found)
    baseline = checkpoints.baseline(connection, account.account_id)
    if baseline is not None and found[0].captured_at <= baseline.scanned_to:
        raise PrunedSnapshotError(account.name, found[0].captured_at, baseline.scanned_to)
    return found[0]


def remove(database: Database, account: StoredAccount, snapshot: Snapshot) -> Path | None:
    """Back a file up and delete `snapshot`, with all that was computed from it.

    Return the backup, None for a server's database.

    Raises:
        RemovedMeanwhileError: It is no longer as it was.
        PrunedSnapshotError: It must stay, because the history was pruned meanwhile.
    """
    backup = back_up_before(database.location, CHANGE)
    with database.write() as connection:
        accounts.lock(connection, account.account_id)
        try:
            unchanged = find(connection, account, snapshot.captured_at, 1) == snapshot
        except NoSuchSnapshotError:
            unchanged = False
        if not unchanged:
            raise RemovedMeanwhileError(account.name, snapshot.captured_at)
        snapshots.delete(connection, account.account_id, [snapshot.captured_at])
        checkpoints.delete_since(connection, account.account_id, snapshot.captured_at)
    return backup


def span_of(text: str) -> int:
    """Return how long (ms) the moment is that `text` names: a whole second without a fraction."""
    return 1 if "." in text or "," in text else SECOND
