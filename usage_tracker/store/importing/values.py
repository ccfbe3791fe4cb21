"""The values in another SQLite database, which may be anybody's: its checks prove nothing."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, inspect

from usage_tracker.store.schema import LAST_MOMENT

_INTEGER = "typeof({0}) = 'integer'"
_MOMENT = f"typeof({{0}}) = 'integer' AND {{0}} BETWEEN 0 AND {LAST_MOMENT}"
_UNIT = "typeof({0}) IN ('integer', 'real') AND {0} BETWEEN 0.000001 AND 9223372036854775807"
_TEXT = "typeof({{0}}) = 'text' AND length({{0}}) BETWEEN 1 AND {}"
_NULL = "({{0}} IS NULL OR {})"

RULES: Final = {
    "account": {
        "account_id": _INTEGER,
        "name": _TEXT.format(100),
        "base_url": _TEXT.format(2000),
        "quota_per_unit": _UNIT,
        "created_at": _MOMENT,
    },
    "snapshot": {
        "account_id": _INTEGER,
        "captured_at": _MOMENT,
        "quota": _INTEGER,
        "used_quota": _INTEGER,
        "request_count": _NULL.format(_INTEGER),
        "profile_id": _NULL.format(_INTEGER),
        "source": _INTEGER,
    },
    "profile": {
        "profile_id": _INTEGER,
        "account_id": _INTEGER,
        "sha256": _TEXT.format(64),
        "body": _TEXT.format(4 * 256 * 1024),
    },
    "failure": {
        "account_id": _INTEGER,
        "attempted_at": _MOMENT,
        "kind": _TEXT.format(100),
        "http_status": _NULL.format(_INTEGER),
        "detail": _NULL.format("typeof({0}) = 'text' AND length({0}) <= 10000"),
    },
    "event": {
        "account_id": _INTEGER,
        "captured_at": _MOMENT,
        "after": _MOMENT,
        "kind": _TEXT.format(100),
        "quota": _INTEGER,
    },
    "mark": {
        "account_id": _INTEGER,
        "scanned_to": _MOMENT,
        "count": _INTEGER,
        "reserved": _INTEGER,
        "exact": _INTEGER,
        "floor": _INTEGER,
    },
}
"""For each column the condition that this program's own schema guarantees."""


def invalid_columns(connection: Connection) -> Iterator[str]:
    """Yield a line for each column of an SQLite database that has an invalid value."""
    there = set(inspect(connection).get_table_names())
    for table, rules in RULES.items():
        for column, rule in rules.items() if table in there else ():
            valid = rule.format(f'"{column}"')
            statement = f"SELECT count(*) FROM {table} WHERE ({valid}) IS NOT 1"  # noqa: S608
            if count := connection.exec_driver_sql(statement).scalar():
                yield f"{table}.{column}: {count} values are invalid"
