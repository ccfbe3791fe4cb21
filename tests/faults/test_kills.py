"""SIGKILL at random moments: what was reported is there, and nothing is half there."""

import json
import random
import time
from pathlib import Path

import pytest

from tests.faults.files import OLDER, Shapes, golden, is_whole, revision, rows, used
from tests.faults.kills import AT_ONCE, Aim, killed, reported
from tests.faults.tally import Tally
from tests.faults.warm import Ending, Warm, begin, end
from tests.gateway_server import TOKEN, Gateway
from tests.store.samples import T0
from usage_tracker.store.schema import SCHEMA_REVISION

ACCOUNTS = ("ann", "bob", "cho", "dee")
IMPORTED = 4_000
SNAPSHOTS, COLD, CREATIONS, IMPORTS, MIGRATIONS, BACKUPS, PRUNINGS = 90, 12, 30, 30, 30, 30, 20


@pytest.fixture
def four_accounts(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration in which a dollar is a unit, so that what is told tells the snapshot."""
    config = tmp_path / "config.toml"
    table = '[[account]]\nname = "{}"\nbase_url = "{}"\ntoken_env = "KEY"\nquota_per_unit = 1\n'
    config.write_text("".join(table.format(name, gateway.url) for name in ACCOUNTS))
    monkeypatch.setenv("TRACKER_CONFIG", str(config))
    monkeypatch.setenv("KEY", TOKEN)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A file with so many snapshots that to take them in is work."""
    path = tmp_path / "history.csv"
    lines = (f"{T0 + at * 600_000},{10**9 - at},{10**6 + at}\n" for at in range(IMPORTED))
    path.write_text(f"captured_at,quota,used_quota\n{''.join(lines)}")
    return path


def clear(database: Path) -> None:
    """Remove the database, and all that a killed process may have left beside it."""
    for path in database.parent.glob("*.db*"):
        path.unlink()


def backups(database: Path) -> list[Path]:
    return list(database.parent.glob("usage.db.before-*"))


@pytest.mark.usefixtures("four_accounts")
def test_a_snapshot_killed_at_any_moment_keeps_all_that_it_reported(
    program: Warm, database: Path, whole: Shapes, tally: Tally
) -> None:
    program.run("snapshot").succeeds()
    aim = Aim(1, program.length("snapshot"))
    kills, told, gone, corrupt = 0, list[int](), set[int](), 0
    while kills < SNAPSHOTS:
        endings = program.run_and_kill(aim.moments(), "snapshot")
        kills, told = kills + aim.count(endings), told + reported(endings)
        gone |= set(told) - set(used(database))
        corrupt += not is_whole(database, whole)
    program.run("snapshot").succeeds()
    program.run("db", "check").succeeds()
    lost = len(gone)
    tally.add("snapshot", kills=kills, snapshots_reported=len(told), lost=lost, corrupt=corrupt)
    assert (lost, corrupt) == (0, 0)
    assert len(told) > kills / 10, "the kills came too early"
    assert len(set(used(database))) == len(used(database)), "an answer was stored twice"


@pytest.mark.usefixtures("four_accounts")
def test_a_snapshot_killed_from_its_first_import_on_keeps_all_that_it_reported(
    program: Warm, database: Path, whole: Shapes, tally: Tally
) -> None:
    first = time.monotonic()
    end(begin("snapshot")).succeeds()
    length, chance, endings = time.monotonic() - first, random.Random(2), list[Ending]()
    for _ in range(COLD // AT_ONCE):
        processes = [begin("snapshot") for _ in range(AT_ONCE)]
        time.sleep(chance.uniform(0, 1) * length)
        for process in processes:
            process.kill()
        endings += map(end, processes)
    lost = len(set(reported(endings)) - set(used(database)))
    corrupt = int(not is_whole(database, whole))
    tally.add("snapshot, cold", kills=killed(endings), lost=lost, corrupt=corrupt)
    assert (lost, corrupt) == (0, 0)
    program.run("snapshot").succeeds()


@pytest.mark.usefixtures("four_accounts")
def test_a_first_snapshot_killed_leaves_no_database_or_a_whole_one(
    program: Warm, database: Path, whole: Shapes, tally: Tally
) -> None:
    aim = Aim(3, program.length("snapshot"))
    kills, told, lost, corrupt = 0, 0, 0, 0
    while kills < CREATIONS:
        clear(database)
        endings = program.run_and_kill(aim.moments(), "snapshot")
        kills, told = kills + aim.count(endings), told + len(reported(endings))
        corrupt += database.exists() and not is_whole(database, whole)
        program.run("snapshot").succeeds()
        lost += len(set(reported(endings)) - set(used(database)))
    tally.add("first snapshot", kills=kills, snapshots_reported=told, lost=lost, corrupt=corrupt)
    assert (lost, corrupt) == (0, 0)


@pytest.mark.usefixtures("gateway")
def test_an_import_killed_at_any_moment_has_taken_in_all_or_nothing(
    program: Warm, database: Path, history: Path, whole: Shapes, tally: Tally
) -> None:
    program.run("snapshot").succeeds()
    before = database.read_bytes()
    aim = Aim(4, program.length("import", history))
    kills, taken, partial, corrupt = 0, 0, 0, 0
    while kills < IMPORTS:
        clear(database)
        database.write_bytes(before)
        kills += aim.count(program.run_and_kill(aim.moments(), "import", history))
        corrupt += not is_whole(database, whole)
        count = len(used(database))
        taken, partial = taken + (count == IMPORTED + 1), partial + (1 < count <= IMPORTED)
        program.run("import", history).succeeds()
        partial += len(used(database)) != IMPORTED + 1
    tally.add("import", kills=kills, files_taken_in=taken, partial=partial, corrupt=corrupt)
    assert (partial, corrupt) == (0, 0)


@pytest.mark.parametrize("release", OLDER)
def test_a_migration_killed_at_any_moment_has_happened_or_not(
    program: Warm, database: Path, whole: Shapes, tally: Tally, release: str
) -> None:
    before = rows(golden(release, database))
    aim = Aim(5, program.length("db", "upgrade"))
    kills, happened, lost, corrupt = 0, 0, 0, 0
    while kills < MIGRATIONS:
        clear(database)
        golden(release, database)
        kills += aim.count(program.run_and_kill(aim.moments(), "db", "upgrade"))
        corrupt += not is_whole(database, whole)
        happened += revision(database) == SCHEMA_REVISION
        program.run("db", "upgrade").succeeds()
        lost += rows(database) != before or revision(database) != SCHEMA_REVISION
        corrupt += sum(not is_whole(copy, whole) for copy in backups(database))
    tally.add(f"migration of {release}", kills=kills, done=happened, lost=lost, corrupt=corrupt)
    assert (lost, corrupt) == (0, 0)


@pytest.mark.usefixtures("gateway")
def test_a_backup_killed_at_any_moment_is_whole_or_not_there(
    program: Warm, database: Path, history: Path, whole: Shapes, tally: Tally
) -> None:
    program.run("import", history).succeeds()
    copy = database.with_name("copy.db")
    aim = Aim(6, program.length("db", "backup", copy))
    kills, made, lost, corrupt = 0, 0, 0, 0
    while kills < BACKUPS:
        copy.unlink(missing_ok=True)
        endings = program.run_and_kill(aim.moments(), "db", "backup", copy)
        kills += aim.count(endings)
        if not copy.exists():
            lost += sum(str(copy) in ending.out for ending in endings)
            program.run("db", "backup", copy).succeeds()
        else:
            made += 1
        corrupt += not (is_whole(copy, whole) and is_whole(database, whole))
        lost += len(used(copy)) != IMPORTED
    tally.add("backup", kills=kills, made=made, lost=lost, corrupt=corrupt)
    assert (lost, corrupt) == (0, 0)


def test_a_pruning_killed_at_any_moment_changes_nothing_that_is_told(
    program: Warm, database: Path, history: Path, whole: Shapes, tally: Tally
) -> None:
    prune = ("db", "prune", "--older-than", "30d", "--yes")
    program.run("import", history).succeeds()
    before, told = database.read_bytes(), account_of(program)
    aim = Aim(7, program.length(*prune))
    kept = used(database)
    kills, pruned, wrong, corrupt = 0, 0, 0, 0
    while kills < PRUNINGS:
        clear(database)
        database.write_bytes(before)
        kills += aim.count(program.run_and_kill(aim.moments(), *prune))
        corrupt += not is_whole(database, whole)
        pruned += used(database) == kept
        wrong += account_of(program) != told
        program.run(*prune).succeeds()
        wrong += used(database) != kept
    tally.add("pruning", kills=kills, done=pruned, wrong=wrong, corrupt=corrupt)
    assert (wrong, corrupt) == (0, 0)
    assert len(kept) < IMPORTED


def account_of(program: Warm) -> object:
    """The reconciliation of all that there is."""
    ending = program.run("report", "--json", "--since", "20251101", "--until", "20260201")
    return json.loads(ending.out)["accounts"][0]["reconciliation"]
