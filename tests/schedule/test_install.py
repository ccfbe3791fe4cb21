from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import CRONTAB, SYSTEMCTL
from usage_tracker.schedule import install
from usage_tracker.schedule.install import NoSchedulerError, available_schedulers, find_scheduler

_KINDS = {"crontab": "cron", "systemctl": "systemd"}
Program = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Leave only the fake programs on PATH."""
    monkeypatch.setenv("PATH", str(program("none", "")))


@pytest.mark.parametrize(
    ("programs", "running", "kind"),
    [
        ({"crontab": CRONTAB, "systemctl": SYSTEMCTL}, True, "cron"),
        ({"crontab": CRONTAB, "systemctl": SYSTEMCTL}, None, "cron"),
        ({"crontab": CRONTAB, "systemctl": SYSTEMCTL}, False, "systemd"),
        ({"crontab": CRONTAB}, False, "cron"),
        ({"systemctl": SYSTEMCTL}, False, "systemd"),
    ],
)
def test_cron_is_preferred_unless_only_systemd_runs(
    programs: dict[str, str],
    running: bool | None,  # noqa: FBT001
    kind: str,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, text in programs.items():
        program(name, text)
    monkeypatch.setattr(install, "cron_runs", lambda: running)
    assert find_scheduler(tmp_path).kind == kind
    assert {each.kind for each in available_schedulers(tmp_path)} == {
        _KINDS[name] for name in programs
    }


def test_a_machine_with_neither_is_an_error_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(NoSchedulerError, match="install cron"):
        find_scheduler(tmp_path)


def test_the_requested_scheduler_is_used(tmp_path: Path) -> None:
    assert find_scheduler(tmp_path, "systemd").kind == "systemd"
    assert find_scheduler(tmp_path, "cron").kind == "cron"
