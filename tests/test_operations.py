"""docs/operations.md: every promise names its tests."""

import re
from pathlib import Path

import pytest

from usage_tracker.monitoring import deliver, ping
from usage_tracker.pruning import STEP
from usage_tracker.recording import DEADLINE
from usage_tracker.store.backup import KEPT
from usage_tracker.store.schema import CAPTURE_REVISION

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"tests/[\w/.]*\w", TEXT))))
def test_the_tests_that_it_names_exist(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_promise_of_a_table_names_a_test() -> None:
    promised = TEXT.partition("## What is promised")[2].partition("## What is not promised")[0]
    rows = [line for line in promised.splitlines() if line.startswith("| ")]
    heads = {"| promise | tested by |", "| what | time | tested by |"}
    assert [row for row in rows if row not in heads and "`tests/" not in row] == []


def test_the_numbers_are_those_of_the_program() -> None:
    assert f"| {DEADLINE:g} s (`--deadline`)" in TEXT
    assert f"{ping.SECONDS:g} s for everything" in TEXT
    assert f"pauses of {ping.PAUSES[0]:g} s and {ping.PAUSES[1]:g} s" in TEXT
    assert f"{deliver.SECONDS:g} s together" in TEXT
    assert f"deletes {STEP:,} rows".replace(",", " ") in TEXT
    assert KEPT == 3
    assert f"from revision {CAPTURE_REVISION} on" in TEXT
