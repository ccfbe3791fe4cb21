"""What is in a database file, asked of SQLite and not of the program."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.store.samples import GOLDEN
from usage_tracker.store.database import Database
from usage_tracker.store.schema import SCHEMA_REVISION

Shapes = Mapping[str | None, frozenset[str]]
"""The names of tables, views and indexes at each revision; None is the empty database."""

OLDER = [name for name in sorted(p.stem for p in GOLDEN.glob("*.sql")) if name < SCHEMA_REVISION]
"""The releases whose databases are to be upgraded."""

_TABLES = ("account", "snapshot", "profile", "failure")


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of `query`."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def golden(revision: str, path: Path) -> Path:
    """The database of an older release, at `path`."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((GOLDEN / f"{revision}.sql").read_text())
    return path


def shapes(folder: Path) -> Shapes:
    """What every revision looks like of which there is an example."""
    Database.open(folder / "head.db").close()
    found: dict[str | None, frozenset[str]] = {None: frozenset()}
    found[SCHEMA_REVISION] = _shape(folder / "head.db")
    for script in GOLDEN.glob("*.sql"):
        found[script.stem] = _shape(golden(script.stem, folder / f"{script.stem}.db"))
    return found


def is_whole(path: Path, shapes: Shapes) -> bool:
    """Whether the file is sound, and its schema that of one revision with nothing left out."""
    if ask(path, "PRAGMA integrity_check") != [("ok",)] or ask(path, "PRAGMA foreign_key_check"):
        return False
    return _shape(path) == shapes.get(revision(path))


def revision(path: Path) -> str | None:
    """The schema's revision, None for an empty database."""
    if "alembic_version" not in _shape(path):
        return None
    ((version,),) = ask(path, "SELECT version_num FROM alembic_version")
    return str(version)


def used(path: Path) -> list[int]:
    """The spent units of every snapshot, in no order; nothing, if there is no table yet."""
    if "snapshot" not in _shape(path):
        return []
    return [row[0] for row in ask(path, "SELECT used_quota FROM snapshot")]


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that people would miss."""
    return {table: ask(path, f"SELECT * FROM {table} ORDER BY 1, 2") for table in _TABLES}  # noqa: S608


def _shape(path: Path) -> frozenset[str]:
    return frozenset(
        f"{kind} {name}" if kind != "table" else name
        for kind, name in ask(
            path, "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        )
    )
