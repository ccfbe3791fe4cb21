"""References of an SQLite file to rows that do not exist: SQLite's shell allows them."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

_SHOWN = 5


class Reference(NamedTuple):
    """A foreign key of `table`, by its number, to the table `parent`."""

    table: str
    parent: str
    number: int


def dangling(connection: Connection) -> Counter[Reference]:
    """Return how many rows of each foreign key refer to nothing."""
    found = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return Counter(Reference(table, parent, number) for table, _, parent, number in found)


def describe_dangling(connection: Connection) -> Iterator[str]:
    """Yield a line for each row that refers to nothing, for each key at most _SHOWN."""
    for reference, count in sorted(dangling(connection).items()):
        for row in _rows(connection, reference):
            known = ", ".join(f"{name} {value}" for name, value in row.items())
            yield f"{reference.table} ({known}) refers to no row of {reference.parent}"
        if count > _SHOWN:
            yield f"{reference.table}: {count - _SHOWN} more rows refer to no {reference.parent}"


def _rows(connection: Connection, reference: Reference) -> list[dict[str, object]]:
    """Return the primary keys and the references of the first rows that refer to nothing."""
    table, parent, number = reference
    keys = [
        (child, target)
        for key, _, _, child, target, *_ in connection.exec_driver_sql(
            f"PRAGMA foreign_key_list({_quote(table)})"
        )
        if key == number
    ]
    columns = connection.exec_driver_sql(f"PRAGMA table_info({_quote(table)})")
    shown = dict.fromkeys(
        [name for _, name, *_, key in columns if key] + [child for child, _ in keys]
    )
    given = " AND ".join(f"t.{_quote(child)} IS NOT NULL" for child, _ in keys)
    same = " AND ".join(f"p.{_quote(target)} = t.{_quote(child)}" for child, target in keys)
    values = ", ".join(f"t.{_quote(name)}" for name in shown)
    missing = f"NOT EXISTS (SELECT 1 FROM {_quote(parent)} p WHERE {same})"  # noqa: S608
    rows = connection.exec_driver_sql(  # quoted names of the schema
        f"SELECT {values} FROM {_quote(table)} t WHERE {given} AND {missing} LIMIT {_SHOWN}"  # noqa: S608
    )
    return [dict(zip(shown, row, strict=True)) for row in rows]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
