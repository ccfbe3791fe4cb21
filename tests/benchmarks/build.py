"""The data that is measured, built in a process of its own.

A process is said to have needed at least the memory of the one that started it: the one
that measures must stay small.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from sqlalchemy import create_engine, insert, make_url

from tests.benchmarks.traffic import Life, live
from usage_tracker.store import schema
from usage_tracker.store.database import Database
from usage_tracker.store.schema import Source

COLUMNS = "account_id, captured_at, quota, used_quota, request_count, profile_id, source"

Row = tuple[int | None, ...]


@click.group()
def main() -> None:
    """Build what is measured."""


@main.command()
@click.argument("where")
@click.option("--accounts", default=1)
@click.option("--rows", default=0)
@click.option("--every", default=0)
@click.option("--until", default=0)
@click.option("--gateway", default="https://aihubmix.com")
def database(where: str, accounts: int, rows: int, every: int, until: int, gateway: str) -> None:
    """A database of so many `accounts` with so many `rows` each, one `every` so many ms."""
    with Database.open(where) as opened:
        with opened.write() as connection:
            connection.execute(insert(schema.account), list(_accounts(accounts, gateway)))
        lives = ((number, live(rows, every, until, number)) for number in _numbers(accounts, rows))
        if opened.location.is_sqlite:
            _fill_sqlite(opened.location.path, lives)
        else:
            _fill_postgresql(where, lives)


@main.command("schema")
@click.argument("where")
@click.option("--drop", type=int, default=0)
def schema_(where: str, drop: int) -> None:
    """Create, or drop, the schema that the search path of a PostgreSQL URL names."""
    url = make_url(where)
    name = str(url.query["options"]).partition("search_path=")[2]
    with create_engine(url).begin() as connection:
        words = f"DROP SCHEMA {name} CASCADE" if drop else f"CREATE SCHEMA {name}"
        connection.exec_driver_sql(words)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rows", type=int)
@click.option("--until", type=int)
def files(folder: Path, rows: int, until: int) -> None:
    """A history as CSV for `tracker import`, and as the table's own columns for `.import`."""
    life = live(rows, 60_000, until)
    with (folder / "history.csv").open("w") as history, (folder / "table.csv").open("w") as table:
        history.write("captured_at,quota,used_quota\n")
        for moment, quota, used in _counters(life):
            history.write(f"{moment},{quota},{used}\n")
            table.write(f"1,{moment},{quota},{used},1,1,{Source.IMPORT:d}\n")


def _numbers(accounts: int, rows: int) -> Iterable[int]:
    return range(1, accounts + 1) if rows else ()


def _accounts(count: int, gateway: str) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        name = "default" if count == 1 else f"account {number:04}"
        yield {"name": name, "base_url": gateway, "created_at": 0}


def _fill_sqlite(path: Path, lives: Iterable[tuple[int, Life]]) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA synchronous=OFF")
        for number, life in lives:
            statement = (
                f"INSERT INTO snapshot ({COLUMNS}) VALUES ({number}, ?, ?, ?, NULL, NULL, "  # noqa: S608
                f"{Source.GATEWAY:d})"
            )
            raw.executemany(statement, _counters(life))
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()


def _fill_postgresql(where: str, lives: Iterable[tuple[int, Life]]) -> None:
    import psycopg

    url = make_url(where).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as raw:
        with raw.cursor().copy(f"COPY snapshot ({COLUMNS}) FROM STDIN") as copy:
            for number, life in lives:
                for counters in _counters(life):
                    copy.write_row((number, *counters, None, None, int(Source.GATEWAY)))
        raw.execute("VACUUM ANALYZE snapshot")


def _counters(life: Life) -> Iterator[Row]:
    columns = (life.times, life.quota, life.used)
    return zip(*(column.tolist() for column in columns), strict=True)


if __name__ == "__main__":
    main()
