"""What the alerts remember: where each rule of each account stands, and what people were told.

`state`, `leaning` and `told` are levels (0 ok, 1 warning, 2 critical), moments UTC
milliseconds. `leaning` is the state that the findings speak for, but not for long enough yet.
`problem` says why the last notice did not reach everybody; it holds no secret.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from usage_tracker.store.schema import alert
from usage_tracker.store.statements import insert


@dataclass(frozen=True, slots=True)
class Alert:
    """A row of `alert`: the `state` of a rule since `since`, and what was `told` at `told_at`."""

    state: int
    since: int
    told: int
    told_at: int | None
    problem: str | None = None
    leaning: int | None = None
    leaning_since: int | None = None


def of(connection: Connection, account_id: int) -> dict[str, Alert]:
    """The alerts of an account, by rule."""
    names = ("state", "since", "told", "told_at", "problem", "leaning", "leaning_since")
    columns = (alert.c[name] for name in names)
    statement = select(alert.c.rule, *columns).where(alert.c.account_id == account_id)
    return {rule: Alert(*row) for rule, *row in connection.execute(statement)}


def keep(connection: Connection, account_id: int, rule: str, now: Alert) -> None:
    """Write down where `rule` stands."""
    values = asdict(now)
    row = {"account_id": account_id, "rule": rule, **values}
    statement = insert(connection, alert).values(row)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["account_id", "rule"], set_=values)
    )
