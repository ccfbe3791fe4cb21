import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import CRONTAB, SYSTEMCTL
from usage_tracker.schedule.job import Job


@pytest.fixture
def crontab(program: Callable[[str, str], Path]) -> Path:
    """The file in which the fake crontab stores its table."""
    return program("crontab", CRONTAB) / "table"


@pytest.fixture
def systemctl(
    program: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The log of the fake systemctl; units are written below tmp_path/config."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return program("systemctl", SYSTEMCTL) / "calls"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job whose paths need quoting everywhere."""
    folder = tmp_path / "it's 100% $HOME"
    argv = (sys.executable, "-P", "-m", "usage_tracker", "snapshot", "--db", f"{folder}/a b.db")
    return Job(argv, folder / "snapshot.log")
