"""Failed attempts to take a snapshot; they explain gaps."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Select, func, insert, select

from usage_tracker.store.schema import failure
from usage_tracker.store.statements import in_range


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, at `attempted_at` (UTC ms)."""

    attempted_at: int
    kind: str
    http_status: int | None = None
    detail: str | None = None


def record(connection: Connection, account_id: int, failed: Failure) -> None:
    """Store a failed attempt of an account."""
    connection.execute(insert(failure).values(account_id=account_id, **asdict(failed)))


def between(
    connection: Connection, account_id: int, since: int | None = None, until: int | None = None
) -> list[Failure]:
    """Return the failures in [since, until), oldest first; a bound of None is open."""
    statement: Select[int, str, int | None, str | None] = (
        select(failure.c.attempted_at, failure.c.kind, failure.c.http_status, failure.c.detail)
        .where(
            failure.c.account_id == account_id,
            *in_range(failure.c.attempted_at, since, until),
        )
        .order_by(failure.c.attempted_at, failure.c.failure_id)
    )
    return [Failure(*row) for row in connection.execute(statement)]


def counts(
    connection: Connection,
    account_ids: Sequence[int],
    since: int | None = None,
    until: int | None = None,
) -> dict[int, int]:
    """Return the number of failures of each account in [since, until), by account_id."""
    statement = (
        select(failure.c.account_id, func.count())
        .where(
            failure.c.account_id.in_(account_ids),
            *in_range(failure.c.attempted_at, since, until),
        )
        .group_by(failure.c.account_id)
    )
    found = dict.fromkeys(account_ids, 0)
    found.update(tuple(row) for row in connection.execute(statement))
    return found
