"""The reports again, from the PostgreSQL server that TRACKER_TEST_POSTGRES_URL names.

The design sets no bounds there. Each database is a schema of its own, dropped at the end.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from urllib.parse import quote, urlsplit

from tests.benchmarks.comparison import Row
from tests.benchmarks.rows import PROMISED, Builder
from tests.benchmarks.workplace import Workplace

SERVER: Final = "TRACKER_TEST_POSTGRES_URL"
ROWS: Final = ("status", "report-year", "report-decade", "report-fleet")


@dataclass(frozen=True)
class PostgresPlace(Workplace):
    """A workplace whose databases are schemas on a server."""

    built: set[str] = field(default_factory=set)

    def database(self, name: str, **options: int | str) -> str:
        """The URL of a database, built at the first call."""
        where = _url(name)
        if where not in self.built:
            self.build("schema", where)
            self.built.add(where)
            self.build("database", where, until=self.now, **options)
        return where


@contextmanager
def possible(place: Workplace) -> Iterator[dict[str, Builder]]:
    """The rows, if there is a server."""
    if SERVER not in os.environ:
        yield {}
        return
    there = PostgresPlace(place.folder, place.sizes, place.gateway, place.now)
    try:
        yield {f"postgres-{key}": partial(_row, there, key) for key in ROWS}
    finally:
        for where in there.built:
            there.build("schema", where, drop=1)


def _row(place: Workplace, key: str) -> Row:
    row = PROMISED[key](place)
    what = f"{row.what}, PostgreSQL"
    return replace(row, key=f"postgres-{key}", what=what, bound=None, memory=None)


def _url(name: str) -> str:
    server = urlsplit(os.environ[SERVER])
    options = f"options={quote(f'-csearch_path=bench_{name}_{os.getpid()}')}"
    return server._replace(scheme="postgresql+psycopg", query=options).geturl()
