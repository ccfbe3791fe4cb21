import os
import shlex
import shutil
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.programs import CRONTAB
from usage_tracker.config.paths import state_path
from usage_tracker.config.settings import load
from usage_tracker.doctor.diagnostic import Diagnostic
from usage_tracker.doctor.machine import check_machine
from usage_tracker.schedule import crontab as crontab_module
from usage_tracker.schedule import install
from usage_tracker.schedule.install import create_schedule, install_schedule
from usage_tracker.schedule.systemd import SERVICE, unit_directory

pytestmark = pytest.mark.usefixtures("installed_to_stay")


@pytest.fixture(autouse=True)
def table(program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The crontab of a machine that runs cron."""
    monkeypatch.setattr(crontab_module, "cron_runs", lambda: True)
    folder = program("crontab", CRONTAB)
    program("systemctl", "#!/bin/sh\nexit 1")
    return folder / "table"


def check(config: Path) -> dict[str, Diagnostic]:
    return {diagnostic.subject: diagnostic for diagnostic in check_machine(load(str(config)))}


def schedule(config: Path) -> None:
    settings = load(str(config))
    install_schedule(create_schedule(settings, os.environ, "10m"), settings)


def test_a_healthy_machine_is_ok(config: Path) -> None:
    (config.parent / "usage.db").touch(mode=0o600)
    schedule(config)
    found = check(config)
    assert {diagnostic.gravity for diagnostic in found.values()} == {"ok"}
    assert set(found) == {"time zone", "configuration", "database file", "disk", "schedule"}


@pytest.mark.parametrize("name", ["config.toml", "usage.db"])
def test_a_file_that_others_may_read_is_a_problem_with_the_command_to_fix_it(
    config: Path, name: str
) -> None:
    path = config.parent / name
    path.touch()
    path.chmod(0o644)
    (found,) = (each for each in check(config).values() if each.gravity == "wrong")
    assert found.text == f"{path} is accessible to others (mode 0644)"
    assert found.cure == f"chmod 600 {path}"


def test_the_command_is_quoted_for_a_shell(config: Path) -> None:
    config.parent.chmod(0o700)
    config.write_text(config.read_text().replace("usage.db", "it's mine.db"))
    path = config.parent / "it's mine.db"
    path.touch()
    path.chmod(0o644)
    cure = check(config)["database file"].cure or ""
    assert shlex.split(cure) == ["chmod", "600", str(path)]


def test_a_zone_without_a_name_is_a_note(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CST-8")
    found = check(config)["time zone"]
    assert found.gravity == "note"
    assert found.text == "the machine's time zone has no name: days are those of UTC+08:00"
    assert "set timezone in the configuration" in (found.cure or "")
    monkeypatch.setenv("TZ", "Asia/Taipe")
    assert check(config)["time zone"].text == (
        "TZ is 'Asia/Taipe', which is not a time zone: days are those of UTC"
    )
    config.write_text('timezone = "Asia/Taipei"\n' + config.read_text())
    assert check(config)["time zone"].text == "days are those of Asia/Taipei"


def test_an_unreadable_unit_is_a_problem(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    machine_has_systemd(monkeypatch)
    (unit_directory() / SERVICE).mkdir(parents=True)
    found = check(config)["schedule"]
    assert found.gravity == "wrong"
    assert f"cannot use {unit_directory() / SERVICE}: is a directory" in found.text


def machine_has_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "has_user_manager", lambda: True)


def test_a_nearly_full_disk_is_a_problem(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config.parent / "usage.db").touch(mode=0o600)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50 * 1024**2))
    assert check(config)["disk"].gravity == "wrong"


def test_a_missing_schedule_is_a_note(config: Path) -> None:
    found = check(config)["schedule"]
    assert found.gravity == "note"
    assert "tracker schedule install" in (found.cure or "")


def test_a_schedule_that_does_not_run_is_a_problem(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(config)
    monkeypatch.setattr(crontab_module, "cron_runs", lambda: False)
    assert check(config)["schedule"].gravity == "wrong"


def test_a_schedule_of_another_installation_is_a_note(
    config: Path, table: Path, tmp_path: Path
) -> None:
    schedule(config)
    other = tmp_path / "the other's 100%" / "python"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o700)
    quoted = shlex.quote(str(other)).replace("%", r"\%")
    table.write_text(table.read_text().replace(sys.executable, quoted))
    found = check(config)["schedule"]
    assert (found.gravity, "another installation" in found.text) == ("note", True)


@pytest.mark.parametrize("gone", ["/old/venv/bin/python", "/bin/false-python", "'"])
def test_a_schedule_whose_program_cannot_run_is_a_problem(
    config: Path, table: Path, gone: str
) -> None:
    schedule(config)
    table.write_text(table.read_text().replace(sys.executable, gone))
    found = check(config)["schedule"]
    assert found.gravity == "wrong"
    assert found.text.endswith("cannot run")
    assert found.cure == "run `tracker schedule install` again"


def test_a_token_that_the_schedule_does_not_see_is_a_problem(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(config)
    monkeypatch.setenv("WORK_KEY", "x")
    config.write_text(config.read_text().replace('token_file = "key"', 'token_env = "WORK_KEY"'))
    found = [each for each in check_machine(load(str(config))) if each.subject == "schedule"]
    assert [each.gravity for each in found] == ["ok", "wrong"]
    assert "WORK_KEY" in found[1].text


def test_an_error_of_a_scheduled_run_is_a_note(config: Path) -> None:
    schedule(config)
    assert "log" not in check(config)
    log = state_path() / "snapshot.log"
    log.write_text("tracker: work: no answer\nMon Nov 23 14:00:00 UTC 2026\n")
    found = check(config)["log"]
    assert found.gravity == "note"
    assert found.text.endswith("tracker: work: no answer | Mon Nov 23 14:00:00 UTC 2026")
    os.utime(log, (0, 0))
    assert "log" not in check(config)


def test_of_a_large_log_only_the_end_is_read(config: Path) -> None:
    schedule(config)
    with (state_path() / "snapshot.log").open("wb") as log:
        log.truncate(64 * 1024 * 1024)
        log.seek(0, os.SEEK_END)
        log.write(b"\nlate\ntracker: work: no answer\n")
    tracemalloc.start()
    try:
        found = [each for each in check_machine(load(str(config))) if each.subject == "log"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found[0].text.endswith("day: late | tracker: work: no answer")
    assert "is large (64 MiB)" in found[1].text
    assert peak < 16 * 1024 * 1024
