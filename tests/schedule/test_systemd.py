import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import SYSTEMCTL
from usage_tracker.schedule import systemd
from usage_tracker.schedule.install import remove_schedule
from usage_tracker.schedule.job import ALLOWED, Interval, Job
from usage_tracker.schedule.scheduler import SchedulerCommandError, UnusableFileError
from usage_tracker.schedule.systemd import (
    SERVICE,
    TIMER,
    ForeignUnitError,
    NoUserManagerError,
    UserTimer,
    unit_directory,
    units,
)

EVERY = Interval.parse("10m")
BROKEN = SYSTEMCTL.replace("esac", 'esac\n[ "$2" != enable ]')
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def timer(systemctl: Path, tmp_path: Path) -> UserTimer:
    assert not systemctl.exists()
    return UserTimer(tmp_path / "backups")


def test_the_units_are_written_and_the_timer_is_started(
    timer: UserTimer, systemctl: Path, job: Job
) -> None:
    assert timer.install(job, EVERY).changed
    assert {path.name for path in unit_directory().iterdir()} == {SERVICE, TIMER}
    assert f"--user enable --now {TIMER}" in systemctl.read_text().splitlines()
    assert timer.installed() is not None


def test_installing_again_changes_nothing(timer: UserTimer, systemctl: Path, job: Job) -> None:
    timer.install(job, EVERY)
    systemctl.unlink()
    assert not timer.install(job, EVERY).changed
    assert systemctl.read_text() == f"--user is-enabled {TIMER}\n"


def test_a_disabled_timer_is_enabled_again(timer: UserTimer, systemctl: Path, job: Job) -> None:
    timer.install(job, EVERY)
    (systemctl.parent / "enabled").unlink()
    assert timer.installed() is None
    assert timer.install(job, EVERY).changed
    assert timer.installed() is not None


def test_a_new_interval_replaces_the_timer_and_backs_it_up(timer: UserTimer, job: Job) -> None:
    timer.install(job, EVERY)
    change = timer.install(job, Interval.parse("1h"))
    assert "00/1:00:00" in (unit_directory() / TIMER).read_text()
    assert ["00/10" in backup.read_text() for backup in change.backups] == [True]


def test_removing_deletes_both_units_and_no_other(timer: UserTimer, job: Job) -> None:
    timer.install(job, EVERY)
    neighbour = unit_directory() / "other.timer"
    neighbour.write_text("[Timer]\n")
    assert len(timer.remove().backups) == 2
    assert list(unit_directory().iterdir()) == [neighbour]
    assert not timer.remove().changed
    assert timer.installed() is None


def test_a_foreign_unit_is_not_changed(timer: UserTimer, job: Job) -> None:
    unit_directory().mkdir(parents=True)
    (unit_directory() / SERVICE).write_text("[Service]\n")
    with pytest.raises(ForeignUnitError, match="move it away first"):
        timer.install(job, EVERY)
    assert not timer.remove().changed
    assert (unit_directory() / SERVICE).read_text() == "[Service]\n"


def test_a_unit_that_is_not_utf_8_is_shown_and_backed_up_unchanged(
    timer: UserTimer, job: Job
) -> None:
    timer.install(job, EVERY)
    service = unit_directory() / SERVICE
    service.write_bytes(service.read_bytes() + b"# caf\xe9\n")
    written = service.read_bytes()
    assert "# caf\udce9" in (timer.installed() or "")
    backups = timer.remove().backups
    assert written in [path.read_bytes() for path in backups]


def test_a_unit_that_is_too_large_is_an_error(timer: UserTimer, job: Job) -> None:
    unit_directory().mkdir(parents=True)
    with (unit_directory() / TIMER).open("wb") as unit:
        unit.truncate(1 << 40)
    with pytest.raises(UnusableFileError, match=f"{TIMER}: larger than"):
        timer.install(job, EVERY)


def test_a_foreign_unit_that_is_not_utf_8_is_not_changed(timer: UserTimer, job: Job) -> None:
    unit_directory().mkdir(parents=True)
    (unit_directory() / SERVICE).write_bytes(b"# caf\xe9\n")
    assert timer.installed() is None
    with pytest.raises(ForeignUnitError):
        timer.install(job, EVERY)


def test_a_file_instead_of_the_directory_is_an_error(timer: UserTimer, job: Job) -> None:
    path = unit_directory().parent
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert timer.installed() is None
    assert not timer.remove().changed
    with pytest.raises(UnusableFileError, match=f"cannot use {path}"):
        timer.install(job, EVERY)


def test_units_are_written_atomically(
    timer: UserTimer, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    timer.install(job, EVERY)
    before = (unit_directory() / SERVICE).read_bytes()

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    monkeypatch.setattr("pathlib.Path.write_text", fail)
    with pytest.raises(UnusableFileError, match="no space left"):
        systemd._write({unit_directory() / SERVICE: "new"})
    assert (unit_directory() / SERVICE).read_bytes() == before


def test_a_failed_backup_is_an_error_before_any_change(
    timer: UserTimer, job: Job, tmp_path: Path
) -> None:
    timer.install(job, EVERY)
    (tmp_path / "backups").write_text("")
    with pytest.raises(UnusableFileError, match=r"cannot use .*backups"):
        timer.remove()
    assert timer.installed() is not None


@pytest.mark.usefixtures("timer")
def test_without_a_user_manager_nothing_is_written(
    timer: UserTimer, program: Callable[[str, str], Path], job: Job
) -> None:
    program("systemctl", "#!/bin/sh\nexit 1\n")
    with pytest.raises(NoUserManagerError, match="--with cron"):
        timer.install(job, EVERY)
    assert not unit_directory().exists()


def test_a_timer_that_does_not_start_changes_nothing(
    timer: UserTimer, program: Callable[[str, str], Path], job: Job
) -> None:
    program("systemctl", BROKEN)
    with pytest.raises(SchedulerCommandError, match="enable --now"):
        timer.install(job, EVERY)
    assert list(unit_directory().iterdir()) == []
    program("systemctl", SYSTEMCTL)
    timer.install(job, EVERY)
    before = (unit_directory() / TIMER).read_text()
    program("systemctl", BROKEN)
    with pytest.raises(SchedulerCommandError):
        timer.install(job, Interval.parse("1h"))
    assert (unit_directory() / TIMER).read_text() == before


def test_units_are_removed_without_a_user_manager(
    timer: UserTimer, program: Callable[[str, str], Path], job: Job
) -> None:
    timer.install(job, EVERY)
    link = unit_directory() / "timers.target.wants" / TIMER
    link.parent.mkdir()
    link.symlink_to(unit_directory() / TIMER)
    program("systemctl", "#!/bin/sh\nexit 1\n")
    assert remove_schedule().changed
    assert list(unit_directory().rglob("usage-tracker*")) == []


def test_the_variables_of_the_user_manager_are_known(timer: UserTimer) -> None:
    assert timer.variables() == {"HOME": "/home/you", "TRACKER_TOKEN": "x", "PATH": os.defpath}


def test_a_timer_that_stops_at_logout_is_a_concern(
    timer: UserTimer, program: Callable[[str, str], Path]
) -> None:
    program("loginctl", "#!/bin/sh\necho Linger=no")
    assert "enable-linger" in (timer.concern() or "")
    program("loginctl", "#!/bin/sh\necho Linger=yes")
    assert timer.concern() is None


@pytest.mark.skipif(ANALYZE is None, reason="no systemd here")
@pytest.mark.parametrize("text", ["1m", "10m", "6h", "1d", "1w"])
def test_systemd_accepts_the_units(text: str, job: Job, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in (SERVICE, TIMER)]
    for path, content in zip(paths, units(job, Interval.parse(text)).values(), strict=True):
        path.write_text(content)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--user", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.skipif(ANALYZE is None, reason="no systemd here")
def test_systemd_accepts_every_interval() -> None:
    calendars = [Interval(ms).calendar() for ms in ALLOWED]
    subprocess.run(
        ["systemd-analyze", "calendar", *calendars], check=True, stdout=subprocess.DEVNULL
    )
    shown = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=2", "*-*-* *:00/10:00"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Normalized form: *-*-* *:00/10:00" in shown
