"""A clock that jumps: every snapshot is kept, in the order in which the clock told them."""

import json
from pathlib import Path

import pytest

from tests.faults.files import ask
from tests.faults.tally import Tally
from tests.faults.warm import Warm
from usage_tracker.times import DAY, HOUR, MINUTE, now_ms

READERS = ("status", "report", "events", "history")

pytestmark = pytest.mark.usefixtures("gateway", "database")


def test_a_clock_that_jumps_back_and_forth_loses_nothing(
    program: Warm, database: Path, tally: Tally
) -> None:
    jumps = (0, -2 * HOUR, -HOUR, -DAY, -MINUTE, 0)
    for jump in jumps:
        program.run("snapshot", clock=jump).succeeds()
    stored = [used for (used,) in ask(database, "SELECT used_quota FROM snapshot ORDER BY 1")]
    tally.add("clock", jumps=len(jumps), stored=len(stored))
    assert stored == [1, 2, 3, 4, 5, 6]
    order = ask(database, "SELECT used_quota FROM snapshot ORDER BY captured_at")
    assert [used for (used,) in order] == [4, 2, 3, 5, 1, 6]
    for words in READERS:
        program.run(*words.split()).succeeds()
    program.run("db", "check").succeeds()


def test_snapshots_of_the_future_do_not_keep_new_ones_out(program: Warm, tmp_path: Path) -> None:
    ahead = tmp_path / "ahead.csv"
    rows = "".join(f"{now_ms() + at * HOUR},{10**9 - at},{at}\n" for at in range(1, 30))
    ahead.write_text(f"captured_at,quota,used_quota\n{rows}")
    program.run("import", ahead, clock=2 * DAY).succeeds()  # as it is then, no future
    program.run("snapshot").succeeds()
    shown = program.run("history", "--json", "--limit", "0")
    (account,) = json.loads(shown.out)["accounts"]
    assert len(account["snapshots"]) == 30
    for words in READERS:
        program.run(*words.split()).succeeds()
    found = program.run("db", "check")
    assert found.code == 1
    assert "29 snapshots are in the future" in found.out


def test_a_clock_that_is_years_behind_can_be_set_right(program: Warm, database: Path) -> None:
    program.run("snapshot", clock=-30 * 365 * DAY).succeeds()
    program.run("snapshot").succeeds()
    assert len(ask(database, "SELECT 1 FROM snapshot")) == 2
    for words in READERS:
        program.run(*words.split()).succeeds()
