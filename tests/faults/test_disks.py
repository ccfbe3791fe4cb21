"""A full disk and a read-only one: told as what they are, and nothing goes missing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disks import full, read_only, small_disk
from tests.faults.files import OLDER, Shapes, golden, is_whole, revision, rows, used
from tests.faults.tally import Tally
from tests.faults.warm import Ending, Warm
from tests.store.samples import T0, answer, save
from usage_tracker.store.database import Database

ROOM = (0, 4096, 8192, 16384, 40960)
"""Bytes left on the disk, so that different writes are the first to fail."""

pytestmark = pytest.mark.usefixtures("gateway")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 1024) as folder:
        monkeypatch.setenv("TRACKER_DATABASE", str(folder / "usage.db"))
        yield folder


def csv(path: Path, lines: int) -> Path:
    body = "".join(f"{T0 + at},{10**9 - at},{at}\n" for at in range(lines))
    path.write_text(f"captured_at,quota,used_quota\n{body}")
    return path


def is_told(ending: Ending, code: int) -> bool:
    """Whether it failed, and said so well; with a little room left it may have gone well."""
    if ending.code:
        ending.complains(code, "full")
    else:
        ending.succeeds()
    return bool(ending.code)


def test_a_full_disk_stops_snapshots_and_loses_none(
    program: Warm, disk: Path, whole: Shapes, tally: Tally
) -> None:
    database, told, stored = disk / "usage.db", 0, 0
    for room in ROOM:
        program.run("snapshot").succeeds()
        stored += 1
        with full(disk, room):
            failed = sum(is_told(program.run("snapshot"), 74) for _ in range(3))
        told, stored = told + failed, stored + 3 - failed
        assert len(used(database)) == stored
        assert is_whole(database, whole)
    program.run("snapshot").succeeds()
    tally.add("full disks", snapshots=told)
    assert told > len(ROOM)


def test_on_a_full_disk_what_only_reads_goes_on(program: Warm, disk: Path) -> None:
    program.run("snapshot").succeeds()
    with full(disk, 0):
        for command in ("status", "report", "check", "history", "export -"):
            program.run(*command.split()).succeeds()
    program.run("snapshot").succeeds()


def test_on_a_full_disk_the_log_of_a_crash_is_read_too(
    program: Warm, disk: Path, tmp_path: Path
) -> None:
    source = tmp_path / "usage.db"
    with Database.open(source) as database:
        save(database, answer(T0, used=4711))
        for part in ("", "-wal"):
            shutil.copy(f"{source}{part}", disk)
    with full(disk, 0):
        ending = program.run("history", "--format", "csv")
        ending.succeeds()
    assert ",4711," in ending.out


def test_on_a_full_disk_a_snapshot_shows_what_it_could_not_store(program: Warm, disk: Path) -> None:
    program.run("snapshot").succeeds()
    with full(disk, 0):
        program.run("snapshot").complains(74, "full", "not stored: quota ")


def test_a_full_disk_takes_no_first_snapshot_but_the_next_one(
    program: Warm, disk: Path, whole: Shapes, tally: Tally
) -> None:
    for room in ROOM:
        with full(disk, room):
            assert is_told(program.run("snapshot"), 74)
        program.run("snapshot").succeeds()
        assert is_whole(disk / "usage.db", whole)
        tally.add("full disks", first_snapshots=1)
        for path in disk.iterdir():
            path.unlink()


def test_a_full_disk_takes_in_nothing_of_an_import(
    program: Warm, disk: Path, tmp_path: Path, tally: Tally
) -> None:
    program.run("snapshot").succeeds()
    history = csv(tmp_path / "history.csv", 3000)
    for room in ROOM:
        with full(disk, room):
            assert is_told(program.run("import", history), 1)
        assert used(disk / "usage.db") == [1]
        tally.add("full disks", imports=1)
    program.run("import", history).succeeds()


def test_a_full_temporary_directory_takes_in_nothing_of_an_import(
    program: Warm, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE", str(tmp_path / "usage.db"))
    monkeypatch.setenv("TMPDIR", str(disk))
    history = csv(tmp_path / "history.csv", 3000)
    for room in ROOM[1:]:  # where there is no room at all, Python looks for another directory
        with full(disk, room):
            assert is_told(program.run("import", history), 1)
    assert used(tmp_path / "usage.db") == []
    program.run("import", history).succeeds()


@pytest.mark.parametrize("release", OLDER)
def test_a_full_disk_leaves_an_older_database_as_it_is(
    program: Warm, disk: Path, whole: Shapes, tally: Tally, release: str
) -> None:
    database = golden(release, disk / "usage.db")
    before = rows(database)
    for room in ROOM:
        with full(disk, room):
            # `snapshot` goes on without the upgrade.
            assert is_told(program.run("db", "upgrade"), 1)
        assert (rows(database), revision(database)) == (before, release)
        assert is_whole(database, whole)
        tally.add("full disks", migrations=1)
    program.run("db", "upgrade").succeeds()
    assert rows(database) == before


@pytest.mark.parametrize("words", ["db backup {}/copy.db", "export {}/copy.csv"])
def test_a_full_disk_takes_no_half_copy(
    program: Warm, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE", str(tmp_path / "usage.db"))
    program.run("import", csv(tmp_path / "history.csv", 3000)).succeeds()
    command = words.format(disk).split()
    for room in ROOM:
        with full(disk, room):
            program.run(*command).complains(1, "full", str(disk))
        assert list(disk.iterdir()) == []
    program.run(*command).succeeds()


def test_a_full_disk_takes_no_half_report(
    program: Warm, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE", str(tmp_path / "usage.db"))
    program.run("snapshot").succeeds()
    target = disk / "report.html"
    with full(disk, 8192):
        ending = program.run("report", "--format", "html", "-o", target)
        ending.complains(1, "No space left on device", str(target))
    assert not target.exists()


@pytest.mark.parametrize("room", [4096, 20_000, 70_000])
def test_files_that_may_grow_no_further_are_as_good_as_a_full_disk(
    program: Warm, database: Path, whole: Shapes, room: int
) -> None:
    program.run("snapshot").succeeds()
    ending = program.run("snapshot", room=room)
    if ending.code:
        ending.complains(74, "not full")
    assert is_whole(database, whole)
    program.run("snapshot").succeeds()


def test_a_read_only_directory_can_be_read_and_says_so_when_it_is_to_be_written(
    program: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    database = folder / "usage.db"
    monkeypatch.setenv("TRACKER_DATABASE", str(database))
    program.run("snapshot").succeeds()
    history = csv(tmp_path / "history.csv", 10)
    with read_only(folder):
        program.run("snapshot").complains(74, "read-only", "not stored: quota")
        program.run("import", history).complains(1, "read-only")
        program.run("db", "backup", folder / "copy.db").complains(1, "read-only", str(folder))
        program.run("report", "-o", folder / "report.txt").complains(1, "ead-only", str(folder))
        for words in ("status", "report", "events", "history", "export -", "db check"):
            program.run(*words.split()).succeeds()
    program.run("snapshot").succeeds()
    assert len(used(database)) == 2


def test_a_read_only_directory_takes_no_first_snapshot(
    program: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("TRACKER_DATABASE", str(folder / "usage.db"))
    with read_only(folder):
        program.run("snapshot").complains(74, "cannot create", "read-only")
    assert list(folder.iterdir()) == []
    program.run("snapshot").succeeds()


def test_an_older_database_in_a_read_only_directory_is_not_upgraded(
    program: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    database = golden(OLDER[0], folder / "usage.db")
    monkeypatch.setenv("TRACKER_DATABASE", str(database))
    with read_only(folder):
        program.run("status").complains(1, "older", "tracker db upgrade")
        program.run("db", "upgrade").complains(1, "read-only")
    program.run("status").succeeds()
