"""What developers do from the root of the checkout, with the real command."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from usage_tracker.store.schema import SCHEMA_REVISION

ROOT = Path(__file__).parents[2]
REVISION = re.compile(r"\d{4}")


def alembic(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "alembic", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_the_schema_goes_up_agrees_with_the_program_and_comes_down(database_url: str) -> None:
    assert alembic("-x", f"db={database_url}", "upgrade", "head")[0] == 0
    assert "snapshot" in tables(database_url)
    status, said = alembic("-x", f"db={database_url}", "check")
    assert (status, "No new upgrade operations" in said) == (0, True), said
    assert alembic("-x", f"db={database_url}", "downgrade", "base")[0] == 0
    assert tables(database_url) == set()


def test_a_difference_in_a_constraint_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    assert alembic("-x", f"db={path}", "upgrade", "head")[0] == 0
    connection = sqlite3.connect(path)
    connection.executescript("""
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET sql = replace(sql, 'ck_snapshot_quota_whole', 'ck_other')
        WHERE name = 'snapshot';
    """)
    connection.close()
    assert "ck_snapshot_quota_whole" in alembic("-x", f"db={path}", "check")[1]


def test_without_a_name_nothing_is_touched(tmp_path: Path) -> None:
    status, said = alembic("upgrade", "head")
    assert status != 0
    assert "alembic -x db=" in said
    assert "Traceback" not in said
    assert not list((tmp_path / "home").rglob("*.db"))


def test_the_environment_may_name_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE", str(tmp_path / "usage.db"))
    assert alembic("upgrade", "head")[0] == 0
    assert SCHEMA_REVISION in alembic("current")[1]


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "places.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    status, said = alembic("-x", f"db={path}", "upgrade", "head")
    assert status != 0
    assert "another program" in said


def test_migrations_stand_alone_and_are_numbered() -> None:
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        assert "usage_tracker" not in path.read_text()
        assert REVISION.match(path.name)
