from pathlib import Path

import pytest

from usage_tracker.demo import notebooks
from usage_tracker.demo.notebooks import NotebookExistsError, write_out
from usage_tracker.store.errors import CannotCreateError

NAMES = ["1-your-history.ipynb", "2-will-it-last.ipynb", "3-what-changed.ipynb"]


def test_the_notebooks_are_written_out_unchanged(tmp_path: Path) -> None:
    written = write_out(tmp_path / "new" / "folder")
    assert [path.name for path in written] == NAMES
    originals = [path.read_bytes() for path in notebooks.shipped()]
    assert [path.read_bytes() for path in written] == originals


def test_one_that_is_there_already_is_never_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / NAMES[1]
    mine.write_text("my notes")
    with pytest.raises(NotebookExistsError, match="exists already: name another folder"):
        write_out(tmp_path)
    assert [path.name for path in tmp_path.glob("*.ipynb")] == [NAMES[1]]
    assert mine.read_text() == "my notes"


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotCreateError, match=r"cannot create .*file/folder: not a directory"):
        write_out(tmp_path / "file" / "folder")


def test_those_in_the_package_go_before_those_of_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "1.ipynb").touch()
    monkeypatch.setattr(notebooks, "_PLACES", (package, tmp_path))
    (tmp_path / "2.ipynb").touch()
    assert notebooks.shipped() == [package / "1.ipynb"]


def test_their_history_is_the_same_on_every_machine() -> None:
    one, two = notebooks.history(), notebooks.history()
    assert one.snapshots.equals(two.snapshots)
    assert str(one.zone) == "Asia/Taipei"
    assert str(one.snapshots.index[-1])[:16] == "2026-11-19 09:20"
