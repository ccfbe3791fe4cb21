"""A file that is broken, or not ours to understand, is named as such and left as it is."""

import random
from pathlib import Path

import pytest

from tests.faults.files import ask
from tests.faults.tally import Tally
from tests.faults.warm import Warm
from tests.store.samples import T0

COMMANDS = ("status", "report", "events", "history", "export -", "db check", "db upgrade", "check")
CUTS = (15, 100, 512, 4095, 4096, 0.5)
"""Where a file is cut off: bytes, or a share of it."""
ROUNDS = 5

pytestmark = pytest.mark.usefixtures("gateway")


@pytest.fixture
def filled(program: Warm, database: Path, tmp_path: Path) -> Path:
    """A database of some pages."""
    history = tmp_path / "history.csv"
    rows = "".join(f"{T0 + at},{10**9 - at},{at}\n" for at in range(3000))
    history.write_text(f"captured_at,quota,used_quota\n{rows}")
    program.run("import", history).succeeds()
    return database


def refuse(program: Warm, database: Path, *why: str) -> None:
    """Assert that every command tells why it will not touch the file, and does not."""
    before = database.read_bytes()
    program.run("snapshot").complains(74, str(database), *why)
    *others, plugin = program.together(*COMMANDS)
    for ending in others:
        ending.complains(1, str(database), *why)
    assert (plugin.code, plugin.err) == (3, "")
    assert plugin.out.startswith("UNKNOWN - ")
    assert why[0] in plugin.out
    assert database.read_bytes() == before


@pytest.mark.parametrize("cut", CUTS)
def test_a_truncated_database(program: Warm, filled: Path, tally: Tally, cut: float) -> None:
    content = filled.read_bytes()
    size = cut if isinstance(cut, int) else round(len(content) * cut)
    filled.write_bytes(content[:size])
    refuse(program, filled, "is damaged" if size >= 100 else "is not a database")
    tally.add("damaged files", truncated=1)
    filled.write_bytes(content)
    program.run("snapshot").succeeds()


@pytest.mark.parametrize("size", [15, 100, 100_000])
def test_garbage(program: Warm, database: Path, tally: Tally, size: int) -> None:
    database.write_bytes(random.Random(size).randbytes(size))
    refuse(program, database, "is not a database")
    tally.add("damaged files", garbage=1)
    database.unlink()
    program.run("snapshot").succeeds()


def test_garbage_in_the_middle_is_found_by_a_check_and_never_a_defect(
    program: Warm, filled: Path, tally: Tally
) -> None:
    content, chance = filled.read_bytes(), random.Random(7)
    found = 0
    for _ in range(ROUNDS):
        broken = bytearray(content)
        at = chance.randrange(100, len(content) - 4096)
        broken[at : at + 4096] = chance.randbytes(4096)
        filled.write_bytes(broken)
        for words in ("db check", "status", "report", "history", "doctor", "snapshot"):
            ending = program.run(*words.split())
            if words == "doctor":
                assert f"{filled} is damaged" in ending.out.replace("\n", " ")
                continue
            if words == "db check":
                found += ending.code == 1
            if ending.code and words != "db check":
                ending.complains(74 if words == "snapshot" else 1, str(filled))
    tally.add("damaged files", overwritten=ROUNDS)
    assert found == ROUNDS


def test_an_empty_file_is_an_empty_database(program: Warm, database: Path) -> None:
    database.touch()
    program.run("status").complains(3, "no history yet")
    program.run("snapshot").succeeds()


def test_a_log_of_garbage_is_ignored(program: Warm, filled: Path) -> None:
    filled.with_name("usage.db-wal").write_bytes(random.Random(8).randbytes(50_000))
    program.run("snapshot").succeeds()
    program.run("db", "check").succeeds()
    assert ask(filled, "SELECT count(*) FROM snapshot") == [(3001,)]


def test_a_database_of_a_newer_version(program: Warm, filled: Path, tally: Tally) -> None:
    _revise(filled, "9000")
    refuse(program, filled, "at schema 9000, newer than", "upgrade usage-tracker")
    tally.add("damaged files", newer=1)


def test_a_database_of_another_program(program: Warm, database: Path) -> None:
    ask(database, "CREATE TABLE recipe (name TEXT)")
    refuse(program, database, "belongs to another program")


def test_a_directory_in_the_place_of_the_database(program: Warm, database: Path) -> None:
    database.mkdir()
    program.run("snapshot").complains(74, str(database))
    program.run("status").complains(1, str(database))


def _revise(database: Path, revision: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
