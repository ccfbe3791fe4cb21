import stat
from pathlib import Path

import pytest

from usage_tracker.store.errors import NoDirectoryError, NoFilesHereError
from usage_tracker.store.files import FileExistsAlreadyError, create_empty, whole_file


def test_a_file_appears_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with whole_file(path, replace=False) as draft:
        draft.write_text("all of it")
        assert not path.exists()
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert path.read_text() == "all of it"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), whole_file(path, replace=True) as draft:
        draft.write_text(f"half, and {1 / 0}")
    assert [(p.name, p.read_text()) for p in tmp_path.glob("*.csv*")] == [("out.csv", "before")]


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with pytest.raises(FileExistsAlreadyError), whole_file(path, replace=False):
        path.write_text("theirs")
    assert path.read_text() == "theirs"


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(self, target)

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with whole_file(tmp_path / "out.csv", replace=False) as draft:
        draft.write_text("all of it")
    assert (tmp_path / "out.csv").read_text() == "all of it"
    with (
        pytest.raises(FileExistsAlreadyError),
        whole_file(tmp_path / "new.csv", replace=False) as draft,
    ):
        (tmp_path / "new.csv").write_text("theirs")


def test_a_directory_that_takes_no_files_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoDirectoryError, match="does not exist"):
        create_empty(tmp_path / "none" / "x.db")

    def refuse(*_: object) -> int:  # as /proc does
        raise FileNotFoundError

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(NoFilesHereError, match="takes no files"):
        create_empty(tmp_path / "x.db")
