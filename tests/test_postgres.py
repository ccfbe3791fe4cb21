"""PostgreSQL and SQLite side by side: the same history gives the same answers."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.forecast.samples import START, readings
from tests.store.test_samples import lived, stored
from usage_tracker.cli.root import tracker
from usage_tracker.store.database import Database
from usage_tracker.times import DAY, iso

AS_OF = iso(START + 60 * DAY)


def run(database: str, *words: str) -> str:
    result = CliRunner().invoke(tracker, ["--db", database, *words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def both(tmp_path: Path, postgres_url: str) -> tuple[str, str]:
    """One history in a SQLite file and, moved by `tracker import`, in PostgreSQL."""
    path = str(tmp_path / "usage.db")
    with Database.open(path) as database:
        for name in ("one", "two"):
            stored(database, readings(lived(60)), name)
    run(postgres_url, "import", path)
    return path, postgres_url


@pytest.mark.parametrize(
    "words",
    [
        ("report", "--json"),
        ("report", "--json", "--since", "20d", "--by", "hour"),
        ("report", "--format", "csv", "--by", "week"),
        ("events", "-j"),
        ("forecast", "-j"),
        ("backtest", "-j"),
    ],
    ids=" ".join,
)
def test_a_report_is_the_same_to_the_byte(both: tuple[str, str], words: tuple[str, ...]) -> None:
    sqlite, postgres = both
    for _ in range(2):  # before and after the ledger has been remembered
        assert run(sqlite, *words, "--as-of", AS_OF) == run(postgres, *words, "--as-of", AS_OF)


def test_a_history_moves_there_and_back_with_nothing_lost(
    both: tuple[str, str], tmp_path: Path
) -> None:
    sqlite, postgres = both
    back = str(tmp_path / "back.db")
    run(back, "import", postgres)
    for name in ("one", "two"):
        words = ("export", "-", "--format", "jsonl", "--account", name)
        assert run(back, *words) == run(sqlite, *words)
