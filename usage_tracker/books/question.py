"""What is asked of the books."""

from dataclasses import dataclass

from usage_tracker.ledger.arrays import Int64s
from usage_tracker.view import LEARNT_HOURS


@dataclass(frozen=True, slots=True)
class Question:
    """What a report asks of an account: the window [since, until), as known at `as_of`.

    The balance must be known at `moments`, the spend in each of the last so many `hours`.
    """

    since: int
    until: int
    as_of: int
    moments: Int64s
    hours: int = LEARNT_HOURS

    @property
    def end(self) -> int:
        """The end of the window; what was captured at `as_of` itself is known."""
        return self.as_of + 1 if self.until >= self.as_of else self.until
