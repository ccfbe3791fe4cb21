"""What a pruned history remembers: read with it, and merged into an account.

The account takes over the baseline and the events up to it, in the place of what it
remembers itself, if nothing is lost by that: all its own snapshots up to the baseline are
in the imported history, and so are all events up to a baseline of its own, which must not
be later. Otherwise what it has stays, and the snapshots alone are imported.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from usage_tracker.store import checkpoints
from usage_tracker.store.checkpoints import StoredCheckpoint, StoredEvent
from usage_tracker.store.importing.staging import Staging
from usage_tracker.store.importing.validation import ValidationError, check_event

_BASELINE: Final = text(
    "SELECT scanned_to, reserved, exact FROM staged_baseline WHERE account = :key"
)
_EVENTS: Final = text(
    "SELECT captured_at, after, kind, quota FROM staged_event WHERE account = :key"
)
_OWN_SNAPSHOT: Final = text("""
    SELECT s.captured_at FROM snapshot s
    WHERE s.account_id = :account AND s.captured_at <= :until AND NOT EXISTS (
        SELECT 1 FROM staged_snapshot n
        WHERE n.account = :key AND n.captured_at = s.captured_at)
    LIMIT 1
""")
_MOST: Final = 2**62
"""Half of what 64 bits hold: the rest is for the counters, to which the events are added."""


class Remembered:
    """The baseline and the events of an account, each checked before it is staged.

    A Flaw says what is wrong with one.
    """

    def __init__(self, staging: Staging, account: int) -> None:
        self._staging = staging
        self._account = account
        self._until: int | None = None
        self._sum = 0

    def add_baseline(self, floor: StoredCheckpoint, line: int = 0) -> None:
        """Stage the baseline, which comes before the events."""
        if self._until is not None:
            raise ValidationError("it is the second baseline")
        self._until = floor.scanned_to
        self._count(floor.reserved)
        self._staging.add_baseline(self._account, floor, line)

    def add_event(self, event: StoredEvent, line: int = 0) -> None:
        """Stage an event up to the baseline."""
        if self._until is None:
            raise ValidationError("there is no baseline before this event")
        self._count(event.quota)
        if not self._staging.add_event(self._account, check_event(event, self._until), line):
            raise ValidationError(f"it is the second {event.kind} of one moment")

    def _count(self, quota: int) -> None:
        """Refuse what adds up to more than the ledger can hold."""
        self._sum += abs(quota)
        if self._sum > _MOST:
            raise ValidationError("baseline and events add up to more than the ledger can hold")


@dataclass(frozen=True, slots=True)
class Takeover:
    """The `baseline` and `events` that an account takes over; none when they are `refused`."""

    baseline: StoredCheckpoint
    events: list[StoredEvent]
    refused: bool


def takeover(connection: Connection, key: int, account_id: int) -> Takeover | None:
    """Return what the account has to learn from the staged history `key` before it is merged.

    None if there is nothing that it does not remember already.
    """
    row = connection.execute(_BASELINE, {"key": key}).first()
    if row is None:
        return None
    floor = StoredCheckpoint(row.scanned_to, 0, row.reserved, bool(row.exact), is_baseline=True)
    events = [StoredEvent(*event) for event in connection.execute(_EVENTS, {"key": key})]
    own = checkpoints.baseline(connection, account_id)
    if own is not None and own.scanned_to >= floor.scanned_to:
        known = set(checkpoints.list_events(connection, account_id, own.scanned_to))
        return None if known.issuperset(events) else Takeover(floor, [], refused=True)
    values = {"key": key, "account": account_id, "until": floor.scanned_to}
    refused = connection.scalar(_OWN_SNAPSHOT, values) is not None or (
        own is not None
        and not set(checkpoints.list_events(connection, account_id, own.scanned_to)).issubset(
            events
        )
    )
    return Takeover(floor, [] if refused else events, refused)
