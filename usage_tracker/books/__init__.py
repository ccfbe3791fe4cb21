"""The books: each account's ledger as the database remembers it.

The counters are cumulative, so a report needs few of the snapshots: those next to its
boundaries, found by index seeks. What else it tells - refunds, resets, credit and
gaps - needs them all, but each only once: what the ledger has settled is written down
with a mark, and only what is newer than the mark, with some days of context, is looked
at again. `audit` proves it against the whole.
"""

from usage_tracker.books.answer import view, views
from usage_tracker.books.proof import audit
from usage_tracker.books.question import Question
from usage_tracker.books.scan import Scan, bring_up, context_start, remember, rows

__all__ = [
    "Question",
    "Scan",
    "audit",
    "bring_up",
    "context_start",
    "remember",
    "rows",
    "view",
    "views",
]
