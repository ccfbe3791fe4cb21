"""Events between snapshots, and the checkpoint up to which they are final.

Plain Python, without NumPy, so that the store can use it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from usage_tracker.times import DAY

Kind = Literal["top_up", "refund", "adjustment", "reset", "gap", "covered", "uncounted", "stray"]

CREDITS: Final = frozenset({"top_up", "refund", "adjustment"})
"""The kinds of events that move the balance at once."""

STRETCHES: Final = frozenset({"covered", "uncounted"})
"""The kinds of events that last: each is one a day, and shown as one as long as they follow."""


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """An event later than `after`, at the latest at `at` (UTC ms).

    `quota` is in units, by `kind`:

    * top_up, refund: positive.
    * adjustment: signed.
    * reset: what must be added to the counter for the spend to be right.
    * gap: the spend inside it.
    * covered: the spend that somebody else paid for, between `after` and `at`.
    * uncounted: what left the balance and is no spend, between `after` and `at`.
    * stray: 0; the snapshot at `at` is out of its order and does not count.

    Later snapshots may change or remove an event that is not `confirmed`.
    """

    at: int
    after: int
    kind: Kind
    quota: int
    confirmed: bool = True

    @property
    def credit(self) -> int | None:
        """The signed change of the balance in units; None for an event that is no credit."""
        return self.quota if self.kind in CREDITS else None

    @property
    def amount(self) -> int | None:
        """The units shown beside the event; None where there are none."""
        return self.quota if self.kind in STRETCHES else self.credit


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of the ledger at the snapshot of `moment` (UTC ms); it is final.

    `reserved` is the settled level less S there, in units; `exact` says whether that level
    recurred.
    """

    moment: int
    reserved: int
    exact: bool


def join_stretches(events: Iterable[Event]) -> list[Event]:
    """Return `events` with covered (uncounted) ones that follow within a day joined to one."""
    joined: list[Event] = []
    last: dict[str, Event] = {}
    for event in sorted(events):
        former = last.pop(event.kind, None)
        if event.kind not in STRETCHES:
            joined.append(event)
            continue
        last[event.kind] = event
        if former is not None and event.after - former.at <= DAY:
            whole = former.quota + event.quota
            last[event.kind] = replace(event, after=former.after, quota=whole)
        elif former is not None:
            joined.append(former)
    return sorted([*joined, *last.values()])
