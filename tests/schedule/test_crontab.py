import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.schedule import MARK, Crontab, Interval, Job
from usage_tracker.schedule import crontab as crontab_module
from usage_tracker.schedule.files import UnusablePlaceError
from usage_tracker.schedule.scheduler import SchedulerFailedError, UnwritableCommandError

EVERY = Interval.parse("10m")
OTHERS = "# mine\nMAILTO=me\n0 5 * * 1 tar\x0c \xe9 >/dev/null\n"


@pytest.fixture
def ours(crontab: Path, tmp_path: Path) -> Crontab:
    assert not crontab.exists()
    return Crontab(tmp_path / "backups")


def test_the_line_is_added_below_the_others_and_they_stay_byte_for_byte(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    crontab.write_bytes(OTHERS.encode("latin-1"))
    change = ours.install(job, EVERY)
    assert (
        crontab.read_bytes() == OTHERS.encode("latin-1") + ours.preview(job, EVERY).encode() + b"\n"
    )
    assert [kept.read_bytes() for kept in change.backups] == [OTHERS.encode("latin-1")]
    assert [kept.stat().st_mode & 0o777 for kept in change.backups] == [0o600]


def test_installing_again_changes_and_writes_nothing(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    assert ours.install(job, EVERY).changed
    assert not ours.install(job, EVERY).changed
    assert (crontab.parent / "writes").read_text() == "written\n"


def test_a_new_interval_replaces_the_line_where_it_stands(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    ours.install(job, EVERY)
    crontab.write_text(f"A=1\n{crontab.read_text()}B=2\n")
    ours.install(job, Interval.parse("1h"))
    assert crontab.read_text() == f"A=1\n{ours.preview(job, Interval.parse('1h'))}\nB=2\n"


def test_removing_takes_out_the_line_and_leaves_the_others(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    crontab.write_text(OTHERS)
    ours.install(job, EVERY)
    assert ours.remove().changed
    assert crontab.read_text() == OTHERS
    assert not ours.remove().changed


def test_a_crontab_that_held_nothing_else_is_removed(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    ours.install(job, EVERY)
    ours.remove()
    assert not crontab.exists()


def test_a_line_that_was_commented_out_is_not_in_force(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    ours.install(job, EVERY)
    assert ours.installed() == ours.preview(job, EVERY)
    crontab.write_text(f"# {crontab.read_text()}")
    assert ours.installed() is None


def test_the_variables_that_the_crontab_sets_are_known(ours: Crontab, crontab: Path) -> None:
    assert ours.variables() == {"PATH": "/usr/bin:/bin"}
    crontab.write_text("A=1\n B = '2 3' \n#C=3\n* * * * * D=4 true\nPATH=/opt/bin\n")
    assert ours.variables() == {"A": "1", "B": "2 3", "PATH": "/opt/bin"}


def test_what_crontab_refuses_is_told_in_its_words(ours: Crontab, crontab: Path, job: Job) -> None:
    crontab.write_text("REFUSED\n")
    with pytest.raises(SchedulerFailedError, match="`crontab -` failed: bad minute"):
        ours.install(job, EVERY)
    assert crontab.read_text() == "REFUSED\n"


def test_a_path_that_no_crontab_can_hold_is_refused(ours: Crontab, tmp_path: Path) -> None:
    with pytest.raises(UnwritableCommandError, match=r"holds '\\n'"):
        ours.preview(Job(("/bin/echo", "a\nb"), tmp_path / "log"), EVERY)


def test_the_log_is_made_for_its_owner_alone(ours: Crontab, job: Job) -> None:
    ours.install(job, EVERY)
    assert job.log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_made_is_told_before_anything_is_changed(
    ours: Crontab, crontab: Path, job: Job
) -> None:
    job.log.parent.write_text("")
    with pytest.raises(UnusablePlaceError, match=r"cannot use .*HOME.*: not a directory"):
        ours.install(job, EVERY)
    assert not crontab.exists()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0\\"))))
def test_the_shell_gets_the_words_as_they_are(words: list[str]) -> None:
    line = Crontab(Path("/nowhere")).preview(Job(("printf", *words), Path("/dev/null")), EVERY)
    assert line.endswith(MARK)
    command = _as_cron_runs_it(line.split(maxsplit=5)[5])
    assert command.endswith(f" >>/dev/null 2>&1 || date >>/dev/null {MARK}")
    assert shlex.split(command, comments=True)[1 : len(words) + 1] == words


def test_a_real_shell_writes_to_the_log_what_the_command_says(
    ours: Crontab, tmp_path: Path
) -> None:
    log = tmp_path / "50% 'of' $it" / "log"
    job = Job(("/usr/bin/printf", "%s|", "100%", "$HOME", "a b", "it's"), log)
    log.parent.mkdir()
    command = _as_cron_runs_it(ours.preview(job, EVERY).split(maxsplit=5)[5])
    subprocess.run(["/bin/sh", "-c", command], check=True, env=dict(os.environ))
    assert log.read_text() == "100%|$HOME|a b|it's|"


def test_what_fails_is_dated(ours: Crontab, tmp_path: Path) -> None:
    job = Job(("/bin/sh", "-c", "echo why >&2; exit 69"), tmp_path / "log")
    command = _as_cron_runs_it(ours.preview(job, EVERY).split(maxsplit=5)[5])
    subprocess.run(["/bin/sh", "-c", command], check=True, env={"TZ": "UTC", "LC_ALL": "C"})
    why, date = job.log.read_text().splitlines()
    assert why == "why"
    assert re.fullmatch(r"\w{3} \w{3} .\d \d\d:\d\d:\d\d UTC \d{4}", date)


def _as_cron_runs_it(command: str) -> str:
    """What is left of a crontab's command up to its first bare `%`."""
    kept = command.replace(r"\%", "\0")
    return kept.partition("%")[0].replace("\0", "%")


def test_a_cron_that_does_not_run_is_a_concern(
    ours: Crontab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crontab_module, "cron_runs", lambda: False)
    assert "no cron daemon runs here" in (ours.concern() or "")
    monkeypatch.setattr(crontab_module, "cron_runs", lambda: None)
    assert ours.concern() is None
