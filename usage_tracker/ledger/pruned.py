"""What stands for good of an account whose older snapshots were thinned.

Up to a checkpoint the events are remembered, for the snapshots that told them are gone;
from there on the ledger is kept as ever.
"""

from dataclasses import dataclass

from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import Readings
from usage_tracker.ledger.build import Checkpoint, Event, Ledger


@dataclass(frozen=True, slots=True)
class Settled:
    """The `events` up to a `checkpoint`, all of which are confirmed."""

    checkpoint: Checkpoint
    events: tuple[Event, ...]

    def keep(self, readings: Readings, as_of: int) -> Ledger:
        """The ledger of `readings`, thinned before the checkpoint, as known at `as_of` (UTC ms)."""
        events = tuple(event for event in self.events if event.at <= as_of)
        older = len(readings.until(self.checkpoint.moment))
        if older < len(readings):
            context = build.context(readings.times[:older]) or older
            events += build.keep(readings[older - context :], self.checkpoint).events
        return build.account_for(readings, events)
