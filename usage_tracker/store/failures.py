"""Failed attempts to take a snapshot; they explain gaps."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    false,
    func,
    insert,
    not_,
    select,
)

from usage_tracker.store.schema import failure, snapshot
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


def last(connection: Connection, account_id: int, since: int | None = None) -> Failure | None:
    """Return the last failure since `since`."""
    statement = (
        select(failure.c.attempted_at, failure.c.kind, failure.c.http_status, failure.c.detail)
        .where(failure.c.account_id == account_id, *in_range(failure.c.attempted_at, since, None))
        .order_by(failure.c.attempted_at.desc(), failure.c.failure_id.desc())
        .limit(1)
    )
    row = connection.execute(statement).first()
    return None if row is None else Failure(*row)


def refused_since(
    connection: Connection, account_id: int, kind: str, statuses: Sequence[int]
) -> int | None:
    """Return when the failures of `kind` with one of `statuses` began that nothing else followed.

    None if the last attempt ended in another way.
    """
    mine, at = failure.c.account_id == account_id, failure.c.attempted_at
    like = and_(failure.c.kind == kind, failure.c.http_status.in_(statuses))
    other = select(func.max(at)).where(mine, not_(func.coalesce(like, false())))
    stored = select(func.max(snapshot.c.captured_at)).where(snapshot.c.account_id == account_id)
    others = (connection.scalar(other), connection.scalar(stored))
    since = max((moment for moment in others if moment is not None), default=-1)
    first: int | None = connection.scalar(select(func.min(at)).where(mine, like, at > since))
    return first


def count_surplus(connection: Connection, account_id: int, until: int, span: int) -> int:
    """Return how many failures before `until` `thin` would delete."""
    surplus = _surplus(account_id, until, span).subquery()
    return connection.execute(select(func.count()).select_from(surplus)).scalar_one()


def thin(connection: Connection, account_id: int, until: int, span: int, limit: int) -> int:
    """Delete at most `limit` surplus failures before `until`; return how many.

    The first of each kind in each `span` (ms) stays.
    """
    surplus = _surplus(account_id, until, span).limit(limit)
    chosen = list(connection.scalars(surplus))
    statement = delete(failure).where(failure.c.failure_id == bindparam("surplus"))
    if chosen:
        connection.execute(statement, [{"surplus": failure_id} for failure_id in chosen])
    return len(chosen)


def _surplus(account_id: int, until: int, span: int) -> Select[int]:
    mine = (failure.c.account_id == account_id, failure.c.attempted_at < until)
    group = (failure.c.attempted_at // span, failure.c.kind, failure.c.http_status)
    place = func.row_number().over(partition_by=group, order_by=failure.c.failure_id)
    ranked = select(failure.c.failure_id, place.label("place")).where(*mine).subquery()
    return select(ranked.c.failure_id).where(ranked.c.place > 1)


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
