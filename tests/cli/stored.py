"""What a test's runs have written."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.gateway_server import SECRETS


def rows(database: Path, statement: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database) as connection:
        found = connection.execute(statement).fetchall()
    connection.close()
    return found


def snapshots(database: Path) -> list[tuple[Any, ...]]:
    return rows(
        database, "select name, quota, used_quota from snapshot join account using (account_id)"
    )


def failures(database: Path) -> list[tuple[Any, ...]]:
    return rows(
        database, "select name, kind, http_status from failure join account using (account_id)"
    )


def written(folder: Path) -> Iterator[bytes]:
    """Everything that was written anywhere, the database's log included."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def assert_no_secret(folder: Path, *said: str) -> None:
    everything = b"\0".join([*written(folder), *(text.encode() for text in said)])
    assert [secret for secret in SECRETS if secret.encode() in everything] == []
