from pathlib import Path

import pytest

from tests.cli.conftest import Tracker


def test_it_shows_the_whole_path_and_where_to_go_next(
    tracker: Tracker, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE", str(tmp_path / "mine.db"))
    folder = tmp_path / "demo"
    result = tracker("demo", str(folder))
    assert result.exit_code == 0
    assert "Where the money went" in result.stdout
    assert "HTTP 503" in result.stderr
    assert "one of which fails on purpose:" in result.stderr
    assert f"  export TRACKER_CONFIG={folder / 'config.toml'}\n  tracker status " in result.stderr
    assert f"Everything is in {folder}, which you can delete at any time." in result.stderr
    assert not (tmp_path / "mine.db").exists()
    assert not any(home.rglob("*.toml"))
    assert tracker("demo", str(folder)).exit_code == 2


@pytest.mark.parametrize("option", ["--db", "--config"])
def test_it_keeps_to_places_of_its_own(tracker: Tracker, tmp_path: Path, option: str) -> None:
    result = tracker("demo", str(tmp_path / "demo"), option, str(tmp_path / "mine"))
    assert result.exit_code == 2
    assert f"omit {option}" in result.stderr
    assert not (tmp_path / "demo").exists()


def test_it_writes_out_the_notebooks_and_does_nothing_else(
    tracker: Tracker, tmp_path: Path
) -> None:
    folder = tmp_path / "notebooks"
    result = tracker("demo", "--notebooks", str(folder))
    assert result.exit_code == 0
    written = sorted(folder.iterdir())
    assert [path.suffix for path in written] == [".ipynb"] * 3
    assert result.stderr.splitlines()[:3] == [f"wrote {path}" for path in written]
    assert result.stdout == ""
    again = tracker("demo", "--notebooks", str(folder))
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)
    assert tracker("demo", str(tmp_path / "demo"), "--notebooks", str(folder)).exit_code == 2
