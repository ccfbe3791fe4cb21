"""SQL statements that differ between the two dialects."""

import json
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, TextClause, text

if TYPE_CHECKING:
    from sqlalchemy.dialects.sqlite import Insert

# A plain JOIN lets SQLite put the snapshots outermost and read them all.
_SEEK: Final = {
    "sqlite": """
        SELECT a.key, m.key, s.captured_at, s.quota, s.used_quota,
            s.request_count, s.profile_id, s.source
        FROM json_each(:accounts) a CROSS JOIN json_each(:moments) m
        CROSS JOIN snapshot s ON s.account_id = a.value AND s.captured_at = (
            SELECT {nearest}(captured_at) FROM snapshot
            WHERE account_id = a.value AND captured_at {compared} m.value)
    """,
    "postgresql": """
        SELECT a.key - 1, m.key - 1, s.captured_at, s.quota, s.used_quota,
            s.request_count, s.profile_id, s.source
        FROM unnest(CAST(:accounts AS integer[])) WITH ORDINALITY a(value, key)
        CROSS JOIN unnest(CAST(:moments AS bigint[])) WITH ORDINALITY m(value, key)
        CROSS JOIN LATERAL (
            SELECT * FROM snapshot WHERE account_id = a.value AND captured_at {compared} m.value
            ORDER BY captured_at {order} LIMIT 1) s
    """,
}
_AT_OR_BEFORE: Final = {
    dialect: text(sql.format(nearest="max", compared="<=", order="DESC"))
    for dialect, sql in _SEEK.items()
}
_AFTER: Final = {
    dialect: text(sql.format(nearest="min", compared=">", order="ASC"))
    for dialect, sql in _SEEK.items()
}
_LATEST: Final = {
    "sqlite": text("""
        SELECT a.account_id, s.captured_at, s.quota, s.used_quota,
            s.request_count, s.profile_id, s.source
        FROM account a CROSS JOIN snapshot s ON s.account_id = a.account_id AND s.captured_at = (
            SELECT max(captured_at) FROM snapshot WHERE account_id = a.account_id)
    """),
    "postgresql": text("""
        SELECT a.account_id, s.captured_at, s.quota, s.used_quota,
            s.request_count, s.profile_id, s.source
        FROM account a CROSS JOIN LATERAL (
            SELECT * FROM snapshot WHERE account_id = a.account_id
            ORDER BY captured_at DESC LIMIT 1) s
    """),
}

# As text, rows arrive several times faster than one by one. Their order is not guaranteed.
_PACKED_COLUMNS: Final = {
    "sqlite": """
        group_concat(captured_at), group_concat(quota), group_concat(used_quota),
        group_concat(coalesce(request_count, -1))""",
    "postgresql": """
        string_agg(CAST(captured_at AS text), ','), string_agg(CAST(quota AS text), ','),
        string_agg(CAST(used_quota AS text), ','),
        string_agg(CAST(coalesce(request_count, -1) AS text), ',')""",
}
_ACCOUNTS: Final = {
    "sqlite": "(SELECT value FROM json_each(:accounts))",
    "postgresql": "(SELECT unnest(CAST(:accounts AS integer[])))",
}
_PACKED_RANGE: Final = {
    dialect: text(f"""
        SELECT {columns} FROM (
            SELECT * FROM snapshot
            WHERE account_id = :account AND captured_at >= :since AND captured_at < :until
            ORDER BY captured_at LIMIT :limit) packed
    """)  # noqa: S608
    for dialect, columns in _PACKED_COLUMNS.items()
}
_PACKED_RANGES: Final = {
    dialect: text(f"""
        SELECT account_id, {columns} FROM snapshot
        WHERE account_id IN {_ACCOUNTS[dialect]}
            AND captured_at >= :since AND captured_at < :until
        GROUP BY account_id
    """)  # noqa: S608
    for dialect, columns in _PACKED_COLUMNS.items()
}
_COUNTS: Final = {
    dialect: text(f"""
        SELECT account_id, (SELECT count(*) FROM (
            SELECT 1 FROM snapshot s WHERE s.account_id = a.account_id
                AND captured_at >= :since AND captured_at < :until LIMIT :most) few)
        FROM account a WHERE account_id IN {accounts}
    """)  # noqa: S608
    for dialect, accounts in _ACCOUNTS.items()
}


def insert(connection: Connection, table: Table) -> "Insert":
    """Return an INSERT with ON CONFLICT for the connection's dialect.

    The other dialect's package is not imported, because it would slow down every snapshot.
    """
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement: Insert = dialect.insert(table)
    return statement


def at_or_before(connection: Connection) -> TextClause:
    """Return the last snapshot of each of `:accounts` at or before each of `:moments`, by seeks.

    Rows (index of the account, index of the moment, captured_at, quota, used_quota,
    request_count, profile_id, source) in any order; none where there is no such snapshot.
    """
    return _AT_OR_BEFORE[connection.dialect.name]


def after(connection: Connection) -> TextClause:
    """Return the first snapshot of each of `:accounts` after each of `:moments`; rows as above."""
    return _AFTER[connection.dialect.name]


def latest(connection: Connection) -> TextClause:
    """Return the last snapshot of each account, by seeks: rows (account_id, captured_at, ...)."""
    return _LATEST[connection.dialect.name]


def packed_range(connection: Connection) -> TextClause:
    """Return the first `:limit` snapshots of `:account` in [`:since`, `:until`) as one row.

    The row is (captured_at, quota, used_quota, request_count), each column's numbers in one
    text, separated by commas and with -1 for no count, all in the same arbitrary order. All
    are null if there is no snapshot.
    """
    return _PACKED_RANGE[connection.dialect.name]


def packed_ranges(connection: Connection) -> TextClause:
    """Return the snapshots of each of `:accounts` in [`:since`, `:until`) as one row each.

    Rows are (account_id, *as above); an account without snapshots has no row.
    """
    return _PACKED_RANGES[connection.dialect.name]


def counts(connection: Connection) -> TextClause:
    """Return the number of those snapshots, at most `:most`: rows (account_id, count)."""
    return _COUNTS[connection.dialect.name]


def int_array(connection: Connection, values: Sequence[int]) -> Any:
    """Return `values` as an array parameter of the statements above."""
    return json.dumps(list(values)) if connection.dialect.name == "sqlite" else list(values)


def in_range(
    moment: Column[int], since: int | None, until: int | None
) -> list[ColumnElement[bool]]:
    """Return the conditions for `moment` in [since, until); a bound of None is open."""
    return [
        *([moment >= since] if since is not None else []),
        *([moment < until] if until is not None else []),
    ]
