"""Events between snapshots, and the checkpoint up to which they are final.

Plain Python, without NumPy, so that the store can use it.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["top_up", "refund", "adjustment", "covered", "uncounted", "reset", "gap", "stray"]

_NO_CREDIT: Final = frozenset({"covered", "uncounted", "reset", "gap", "stray"})


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """An event later than `after`, at the latest at `at` (UTC ms).

    `quota` is in units, by `kind`:

    * top_up, refund: positive.
    * adjustment: signed.
    * reset: what must be added to the counter for the spend to be right.
    * gap: the spend inside it.
    * covered: the spend that somebody else paid; positive.
    * uncounted: what left the balance without being counted as spend; positive.
    * stray: 0; the snapshot at `at` is out of its order, and is left out.

    Later snapshots may change or remove an event that is not `confirmed`.
    """

    at: int
    after: int
    kind: Kind
    quota: int
    confirmed: bool = True

    @property
    def credit(self) -> int | None:
        """The signed credit in units; None for a kind that is no credit."""
        return None if self.kind in _NO_CREDIT else self.quota


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of the ledger at the snapshot of `moment` (UTC ms); it is final.

    `reserved` is the settled level less S there, in units; `exact` says whether that level
    recurred.
    """

    moment: int
    reserved: int
    exact: bool
