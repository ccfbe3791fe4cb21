from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import CRONTAB, SYSTEMCTL
from usage_tracker.schedule import available, cron_runs, detect, find_scheduler
from usage_tracker.schedule.detect import NoSchedulerError

_KINDS = {"crontab": "cron", "systemctl": "systemd"}
Program = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Nothing but our own programs on the PATH."""
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
def test_cron_is_taken_where_it_runs_else_systemd(
    programs: dict[str, str],
    running: bool | None,  # noqa: FBT001
    kind: str,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, text in programs.items():
        program(name, text)
    monkeypatch.setattr(detect, "cron_runs", lambda: running)
    assert find_scheduler(tmp_path).kind == kind
    assert {each.kind for each in available(tmp_path)} == {_KINDS[name] for name in programs}


def test_a_machine_with_neither_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSchedulerError, match="install cron"):
        find_scheduler(tmp_path)


def test_the_one_asked_for_is_taken(tmp_path: Path) -> None:
    assert find_scheduler(tmp_path, "systemd").kind == "systemd"
    assert find_scheduler(tmp_path, "cron").kind == "cron"


def test_a_running_cron_is_seen_among_the_processes(tmp_path: Path) -> None:
    assert cron_runs(tmp_path) is None
    for number, name in {"self": "python3", "7": "crony", "41": "bash"}.items():
        (tmp_path / number).mkdir()
        (tmp_path / number / "comm").write_text(f"{name}\n")
    (tmp_path / "8").mkdir()
    assert cron_runs(tmp_path) is False
    (tmp_path / "41" / "comm").write_text("crond\n")
    assert cron_runs(tmp_path) is True
