"""What was spent since a recent moment, by one cheap statement and without the ledger.

Spend is what `used_quota` rose between neighbouring snapshots; where it fell (a
refund, a reset) nothing was spent. An interval that crosses the moment counts
for the share of it that lies after.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

_SPENT: Final = text("""
    WITH near AS (
        SELECT captured_at, used_quota FROM snapshot
        WHERE account_id = :account AND captured_at >= coalesce(
            (SELECT max(captured_at) FROM snapshot
             WHERE account_id = :account AND captured_at <= :since), 0)
    ), step AS (
        SELECT captured_at AS until, used_quota - lag(used_quota) OVER moments AS spend,
            lag(captured_at) OVER moments AS since
        FROM near WINDOW moments AS (ORDER BY captured_at)
    )
    SELECT min(since), max(until), sum(CASE
        WHEN spend <= 0 THEN 0 WHEN since >= :since THEN spend
        ELSE round(1.0 * spend * (until - :since) / (until - since)) END)
    FROM step WHERE since IS NOT NULL AND until > :since
""")


@dataclass(frozen=True, slots=True)
class Spent:
    """Spend in gateway units over the `known` milliseconds after a moment that snapshots cover."""

    units: int
    known: int


def spent_since(connection: Connection, account_id: int, since: int) -> Spent | None:
    """What the account has spent since the moment `since` (UTC ms); None if nothing tells."""
    row = connection.execute(_SPENT, {"account": account_id, "since": since}).one()
    first, last, spend = row
    if spend is None:
        return None
    return Spent(int(spend), last - max(first, since))
