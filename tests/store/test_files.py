from pathlib import Path

import pytest

from usage_tracker.store.errors import CannotCreateError, NoDirectoryError, UnwritableDirectoryError
from usage_tracker.store.files import TargetExistsError, atomic_file, create_empty, make_directories


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    path.write_text("theirs")
    expected = pytest.raises(TargetExistsError, match="name another file")
    with expected, atomic_file(path, replace=False):
        pytest.fail("nothing is to be written")
    create_empty(path)
    assert path.read_text() == "theirs"


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoDirectoryError, match="does not exist"):
        create_empty(tmp_path / "none" / "x.db")
    expected = pytest.raises(NoDirectoryError, match="none does not exist")
    with expected, atomic_file(tmp_path / "none" / "x.csv", replace=True):
        pytest.fail("nothing is to be written")


def test_a_directory_that_takes_no_files_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:  # as /proc does
        raise FileNotFoundError

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(UnwritableDirectoryError, match="no file can be created"):
        create_empty(tmp_path / "x.db")


def test_the_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreateError, match="file/a"):
        make_directories(tmp_path / "file" / "a" / "b")
