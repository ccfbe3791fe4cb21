import os
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.cli.test_status import store
from tests.gateway_server import TOKEN
from tests.strangers import give_away

CONFIG = '[[account]]\nname = "default"\ntoken_file = "key"\n'
WRITERS = (
    ("export", "--format", "csv"),
    ("report", "--format", "csv", "-o"),
    ("plot", "-o"),
)


@pytest.fixture(autouse=True)
def _history(database: Path, config: Path) -> None:
    store(database, "default", [(1, 20, 100)])
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(CONFIG)
    config.with_name("key").write_text(TOKEN)


def test_a_result_that_is_replaced_keeps_its_mode(tracker: Tracker, tmp_path: Path) -> None:
    metrics = tmp_path / "usage.prom"
    metrics.touch()
    metrics.chmod(0o604)
    assert tracker("report", "-o", str(metrics)).exit_code == 0
    assert metrics.stat().st_mode & 0o777 == 0o604


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
class TestAFileOfTheProgramSOwn:
    @pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
    def test_the_database_is_not_overwritten(
        self, tracker: Tracker, database: Path, words: tuple[str, ...], ending: str
    ) -> None:
        before = database.read_bytes()
        result = tracker(*words, f"{database}{ending}")
        assert result.exit_code == 2
        told = "is part of the database and is not overwritten: choose another file"
        assert result.stderr == f"tracker: {database}{ending} {told}\n"
        assert database.read_bytes() == before

    @pytest.mark.parametrize(
        ("name", "what"), [("config.toml", "the configuration"), ("key", "the key of default")]
    )
    def test_nor_is_the_configuration_or_a_key(
        self, tracker: Tracker, config: Path, words: tuple[str, ...], name: str, what: str
    ) -> None:
        own = config.with_name(name)
        before = own.read_text()
        result = tracker(*words, str(own))
        assert (result.exit_code, what in result.stderr) == (2, True)
        assert own.read_text() == before

    @pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
    def test_nor_is_what_a_link_leads_to(
        self, tracker: Tracker, database: Path, tmp_path: Path, words: tuple[str, ...], link: object
    ) -> None:
        assert callable(link)
        link(database, tmp_path / "other.png")
        assert tracker(*words, str(tmp_path / "other.png")).exit_code == 2
        assert database.read_bytes().startswith(b"SQLite")


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
def test_a_link_of_another_user_is_refused(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (tmp_path / "notes").write_text("mine")
    out = tmp_path / "out.png"
    out.symlink_to("notes")
    give_away(out, monkeypatch)
    result = tracker(*words, str(out))
    assert (result.exit_code, (tmp_path / "notes").read_text()) == (1, "mine")
    assert result.stderr.startswith("tracker: cannot ")
    assert result.stderr.endswith("it is a link of another user\n")


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
def test_an_own_link_is_replaced(tracker: Tracker, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "notes").write_text("mine")
    out = tmp_path / "out.png"
    out.symlink_to("notes")
    assert tracker(*words, str(out)).exit_code == 0
    assert not out.is_symlink()
    assert (tmp_path / "notes").read_text() == "mine"
