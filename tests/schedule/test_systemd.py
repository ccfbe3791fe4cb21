import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import SYSTEMCTL
from usage_tracker.schedule import Interval, Job, UserTimer, systemd, take_out
from usage_tracker.schedule.files import UnusablePlaceError
from usage_tracker.schedule.interval import POSSIBLE
from usage_tracker.schedule.scheduler import SchedulerFailedError
from usage_tracker.schedule.systemd import (
    SERVICE,
    TIMER,
    ForeignUnitError,
    NoUserManagerError,
    unit_directory,
    units,
)

EVERY = Interval.parse("10m")
BROKEN = SYSTEMCTL.replace("esac", 'esac\n[ "$2" != enable ]')
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def ours(systemctl: Path, tmp_path: Path) -> UserTimer:
    assert not systemctl.exists()
    return UserTimer(tmp_path / "backups")


def test_the_units_are_written_and_the_timer_is_started(
    ours: UserTimer, systemctl: Path, job: Job
) -> None:
    assert ours.install(job, EVERY).changed
    assert {path.name for path in unit_directory().iterdir()} == {SERVICE, TIMER}
    assert f"--user enable --now {TIMER}" in systemctl.read_text().splitlines()
    assert ours.installed() is not None


def test_installing_again_changes_nothing(ours: UserTimer, systemctl: Path, job: Job) -> None:
    ours.install(job, EVERY)
    systemctl.unlink()
    assert not ours.install(job, EVERY).changed
    assert systemctl.read_text() == f"--user is-enabled {TIMER}\n"


def test_a_timer_that_somebody_disabled_is_enabled_again(
    ours: UserTimer, systemctl: Path, job: Job
) -> None:
    ours.install(job, EVERY)
    (systemctl.parent / "enabled").unlink()
    assert ours.installed() is None
    assert ours.install(job, EVERY).changed
    assert ours.installed() is not None


def test_a_new_interval_replaces_the_timer_and_keeps_the_old_one(ours: UserTimer, job: Job) -> None:
    ours.install(job, EVERY)
    change = ours.install(job, Interval.parse("1h"))
    assert "00/1:00:00" in (unit_directory() / TIMER).read_text()
    assert ["00/10" in kept.read_text() for kept in change.backups] == [True]


def test_removing_leaves_no_unit_and_the_neighbours(ours: UserTimer, job: Job) -> None:
    ours.install(job, EVERY)
    neighbour = unit_directory() / "other.timer"
    neighbour.write_text("[Timer]\n")
    assert len(ours.remove().backups) == 2
    assert list(unit_directory().iterdir()) == [neighbour]
    assert not ours.remove().changed
    assert ours.installed() is None


def test_a_unit_of_somebody_else_is_not_touched(ours: UserTimer, job: Job) -> None:
    unit_directory().mkdir(parents=True)
    (unit_directory() / SERVICE).write_text("[Service]\n")
    with pytest.raises(ForeignUnitError, match="move it away first"):
        ours.install(job, EVERY)
    assert not ours.remove().changed
    assert (unit_directory() / SERVICE).read_text() == "[Service]\n"


def test_a_unit_in_other_letters_is_shown_and_removed_as_it_is(ours: UserTimer, job: Job) -> None:
    ours.install(job, EVERY)
    service = unit_directory() / SERVICE
    service.write_bytes(service.read_bytes() + b"# caf\xe9\n")
    written = service.read_bytes()
    assert "# caf\udce9" in (ours.installed() or "")
    kept = ours.remove().backups
    assert written in [path.read_bytes() for path in kept]


def test_a_unit_of_any_size_is_not_read_whole(ours: UserTimer, job: Job) -> None:
    unit_directory().mkdir(parents=True)
    with (unit_directory() / TIMER).open("wb") as unit:
        unit.truncate(1 << 40)
    with pytest.raises(UnusablePlaceError, match=f"{TIMER}: larger than"):
        ours.install(job, EVERY)


def test_a_foreign_unit_in_other_letters_is_not_touched(ours: UserTimer, job: Job) -> None:
    unit_directory().mkdir(parents=True)
    (unit_directory() / SERVICE).write_bytes(b"# caf\xe9\n")
    assert ours.installed() is None
    with pytest.raises(ForeignUnitError):
        ours.install(job, EVERY)


def test_a_file_in_the_place_of_the_directory_is_told(ours: UserTimer, job: Job) -> None:
    place = unit_directory().parent
    place.parent.mkdir(parents=True)
    place.write_text("")
    assert ours.installed() is None
    assert not ours.remove().changed
    with pytest.raises(UnusablePlaceError, match=f"cannot use {place}"):
        ours.install(job, EVERY)


def test_units_are_written_whole(
    ours: UserTimer, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.install(job, EVERY)
    before = (unit_directory() / SERVICE).read_bytes()

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    monkeypatch.setattr("pathlib.Path.write_text", fail)
    with pytest.raises(UnusablePlaceError, match="no space left"):
        systemd._write({unit_directory() / SERVICE: "new"})
    assert (unit_directory() / SERVICE).read_bytes() == before


def test_backups_that_cannot_be_kept_are_told(ours: UserTimer, job: Job, tmp_path: Path) -> None:
    ours.install(job, EVERY)
    (tmp_path / "backups").write_text("")
    with pytest.raises(UnusablePlaceError, match=r"cannot use .*backups"):
        ours.remove()
    assert ours.installed() is not None


@pytest.mark.usefixtures("ours")
def test_without_a_systemd_of_the_user_nothing_is_written(
    ours: UserTimer, program: Callable[[str, str], Path], job: Job
) -> None:
    program("systemctl", "#!/bin/sh\nexit 1\n")
    with pytest.raises(NoUserManagerError, match="--with cron"):
        ours.install(job, EVERY)
    assert not unit_directory().exists()


def test_a_timer_that_does_not_start_leaves_everything_as_it_was(
    ours: UserTimer, program: Callable[[str, str], Path], job: Job
) -> None:
    program("systemctl", BROKEN)
    with pytest.raises(SchedulerFailedError, match="enable --now"):
        ours.install(job, EVERY)
    assert list(unit_directory().iterdir()) == []
    program("systemctl", SYSTEMCTL)
    ours.install(job, EVERY)
    before = (unit_directory() / TIMER).read_text()
    program("systemctl", BROKEN)
    with pytest.raises(SchedulerFailedError):
        ours.install(job, Interval.parse("1h"))
    assert (unit_directory() / TIMER).read_text() == before


def test_what_a_systemd_that_is_gone_has_left_behind_is_removed(
    ours: UserTimer, program: Callable[[str, str], Path], job: Job
) -> None:
    ours.install(job, EVERY)
    link = unit_directory() / "timers.target.wants" / TIMER
    link.parent.mkdir()
    link.symlink_to(unit_directory() / TIMER)
    program("systemctl", "#!/bin/sh\nexit 1\n")
    assert take_out().changed
    assert list(unit_directory().rglob("usage-tracker*")) == []


def test_the_variables_of_the_manager_are_known(ours: UserTimer) -> None:
    assert ours.variables() == {"HOME": "/home/you", "TRACKER_TOKEN": "x", "PATH": os.defpath}


def test_a_timer_that_rests_without_its_user_is_a_concern(
    ours: UserTimer, program: Callable[[str, str], Path]
) -> None:
    program("loginctl", "#!/bin/sh\necho Linger=no")
    assert "enable-linger" in (ours.concern() or "")
    program("loginctl", "#!/bin/sh\necho Linger=yes")
    assert ours.concern() is None


@pytest.mark.skipif(ANALYZE is None, reason="no systemd here")
@pytest.mark.parametrize("text", ["1m", "10m", "6h", "1d", "1w"])
def test_systemd_finds_nothing_wrong_with_the_units(text: str, job: Job, tmp_path: Path) -> None:
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
def test_systemd_reads_every_interval_as_it_is_meant() -> None:
    calendars = [Interval(ms).calendar() for ms in POSSIBLE]
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
