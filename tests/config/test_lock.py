import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from usage_tracker.config import lock
from usage_tracker.config.lock import locked


def hold(directory: Path) -> bool:
    with locked(directory):
        return True


def test_one_holds_a_directory_at_a_time_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locked(tmp_path):
            other = pool.submit(hold, tmp_path)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.1)
        assert other.result(timeout=10)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_where_the_system_has_no_locks_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "fcntl", None)
    with locked(tmp_path):
        assert hold(tmp_path)


def test_where_the_file_system_has_no_locks_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(tmp_path):
        assert hold(tmp_path)


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "nowhere"):
        pass
