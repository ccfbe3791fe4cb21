"""A hostile configuration and hostile histories: refused in one line, with nothing changed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.examples import examples
from tests.faults.files import Shapes, is_whole, rows
from tests.faults.hostile import CONFIGS, EXTREMES, HISTORIES
from tests.faults.tally import Tally
from tests.faults.warm import CLEAR, Warm
from tests.gateway_server import TOKEN, unused_url
from tests.store.samples import T0

FREELY = settings(
    max_examples=examples(40),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SYSEXITS = {69, 76, 77, 78}
READERS = [f"{words} --account work" for words in ("report", "status", "events", "history")]


@pytest.fixture
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there stands between the program and whatever a file names."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, unused_url())


@FREELY
@given(content=CONFIGS)
@pytest.mark.usefixtures("_no_way_out", "database")
def test_a_hostile_configuration(
    program: Warm, tmp_path: Path, tally: Tally, content: bytes
) -> None:
    config = tmp_path / "config.toml"
    config.write_bytes(content)
    snapshot = program.run("--config", config, "snapshot", "--deadline", "1")
    shown = program.run("--config", config, "config")
    assert snapshot.code in SYSEXITS, (content, snapshot)
    told = snapshot.err.splitlines()
    assert told, content
    for line in told:
        assert line.startswith(("tracker: ", "note: ")), (content, snapshot)
        assert "a bug in this program" not in line, (content, snapshot)
        assert len(line) <= CLEAR, (content, snapshot)
    if shown.code:
        shown.complains(1, str(config))
    tally.add("hostile files", configurations=1)


@FREELY
@given(content=HISTORIES)
def test_a_hostile_history(
    program: Warm,
    database: Path,
    tmp_path: Path,
    filled: bytes,
    whole: Shapes,
    tally: Tally,
    content: bytes,
) -> None:
    source = tmp_path / "source"
    source.write_bytes(content)
    _start_over(database, filled)
    before = rows(database)
    ending = program.run("import", source, "--account", "work")
    assert is_whole(database, whole)
    tally.add("hostile files", histories=1, taken_in=ending.code == 0)
    if ending.code:
        ending.complains(ending.code, "source")
        assert ending.code in {1, 3}, ending
        assert rows(database) == before
        return
    for read in program.together(*READERS):
        assert "a bug in this program" not in read.err, (content, read)
        assert "Traceback" not in read.err, (content, read)


@pytest.fixture
def filled(program: Warm, database: Path, tmp_path: Path) -> bytes:
    """A database with a snapshot."""
    good = tmp_path / "good.csv"
    good.write_text("captured_at,quota,used_quota\n1764500000,100,5\n")
    program.run("import", good).succeeds()
    return database.read_bytes()


@pytest.fixture
def other(program: Warm, tmp_path: Path) -> Path:
    """Another database, with a whole answer in it."""
    path, source = tmp_path / "other.db", tmp_path / "one.jsonl"
    answer = {"success": True, "data": {"quota": 1, "used_quota": 2, "username": "ann"}}
    source.write_text(json.dumps({"captured_at": T0, "response": answer}))
    program.run("--db", path, "import", source, "--account", "other").succeeds()
    return path


def _start_over(database: Path, content: bytes) -> None:
    for path in database.parent.glob("usage.db*"):
        path.unlink()
    database.write_bytes(content)


BROKEN = [
    "UPDATE profile SET body = '{'",
    "UPDATE profile SET body = 'null'",
    "UPDATE profile SET body = x'ff'",
    "UPDATE snapshot SET quota = 'much'",
    "UPDATE snapshot SET captured_at = -captured_at",
    "UPDATE account SET name = 'a' || char(27)",
    "UPDATE alembic_version SET version_num = x'ff'",
    "DROP TABLE failure",
]


def test_a_hostile_database_brings_nothing_in_that_would_not_be_stored(
    program: Warm, database: Path, filled: bytes, other: Path, tally: Tally
) -> None:
    content, before = other.read_bytes(), rows(database)
    for statement in BROKEN:
        _start_over(database, filled)
        other.write_bytes(content)
        _spoil(other, statement)
        ending = program.run("import", other)
        assert ending.code, statement
        ending.complains(ending.code)
        assert rows(database) == before, statement
    tally.add("hostile files", databases=len(BROKEN))


def test_a_database_with_a_secret_in_it_brings_all_but_the_secret(
    program: Warm, database: Path, filled: bytes, other: Path
) -> None:
    leaky = json.dumps({"success": True, "data": {"username": "ann", "access_token": TOKEN}})
    _spoil(other, "UPDATE profile SET body = ?", leaky)
    _spoil(other, "UPDATE snapshot SET source = 77")
    _start_over(database, filled)
    program.run("import", other).succeeds()
    program.run("db", "check").succeeds()
    assert TOKEN.encode() not in database.read_bytes()


def _spoil(database: Path, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement, values)
        connection.commit()


@settings(FREELY, max_examples=examples(12))
@given(content=EXTREMES)
def test_a_history_at_the_limits_of_what_can_be_reckoned_with(
    program: Warm, database: Path, tmp_path: Path, filled: bytes, content: bytes
) -> None:
    source = tmp_path / "source"
    source.write_bytes(content)
    _start_over(database, filled)
    program.run("import", source, "--account", "work", "--unit", "units").succeeds()
    for read in program.together(*READERS):
        assert read.code in {0, 3}, (content, read)
        assert "Warning" not in read.err, (content, read)
