import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import CRONTAB, SYSTEMCTL
from usage_tracker.config.settings import load
from usage_tracker.schedule import install
from usage_tracker.schedule.install import (
    NoSchedulerError,
    PassingInstallationError,
    available_schedulers,
    create_schedule,
    find_scheduler,
    install_schedule,
)

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


def test_a_program_in_a_cache_is_not_scheduled(
    tmp_path: Path, crontab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", "x")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".cache/uv/archive-v0/x"))
    settings = load()
    schedule = create_schedule(settings, os.environ, "10m", "cron")
    with pytest.raises(PassingInstallationError, match="a cache or a temporary directory"):
        install_schedule(schedule, settings)
    assert not crontab.exists()


@pytest.mark.usefixtures("crontab", "installed_to_stay")
def test_an_editable_clone_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = create_schedule(load(), os.environ, "10m", "cron")
    assert not any("clone" in concern for concern in schedule.concerns({}))
    monkeypatch.setattr(install, "editable_source", lambda: Path("/src/clone"))
    assert any("from the clone /src/clone" in concern for concern in schedule.concerns({}))
