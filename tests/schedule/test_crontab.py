import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.schedule import crontab as crontab_module
from usage_tracker.schedule.crontab import Crontab, cron_runs
from usage_tracker.schedule.job import Interval, Job
from usage_tracker.schedule.scheduler import (
    MARKER,
    InvalidPathError,
    SchedulerCommandError,
    UnusableFileError,
)

EVERY = Interval.parse("10m")
OTHERS = "# mine\nMAILTO=me\n0 5 * * 1 tar\x0c \xe9 >/dev/null\n"


@pytest.fixture
def cron(crontab: Path, tmp_path: Path) -> Crontab:
    assert not crontab.exists()
    return Crontab(tmp_path / "backups")


def test_the_line_is_appended_and_other_lines_stay_byte_for_byte(
    cron: Crontab, crontab: Path, job: Job
) -> None:
    crontab.write_bytes(OTHERS.encode("latin-1"))
    change = cron.install(job, EVERY)
    assert (
        crontab.read_bytes() == OTHERS.encode("latin-1") + cron.preview(job, EVERY).encode() + b"\n"
    )
    assert [backup.read_bytes() for backup in change.backups] == [OTHERS.encode("latin-1")]
    assert [backup.stat().st_mode & 0o777 for backup in change.backups] == [0o600]


def test_installing_again_changes_and_writes_nothing(
    cron: Crontab, crontab: Path, job: Job
) -> None:
    assert cron.install(job, EVERY).changed
    assert not cron.install(job, EVERY).changed
    assert (crontab.parent / "writes").read_text() == "written\n"


def test_a_new_interval_replaces_the_line_in_place(cron: Crontab, crontab: Path, job: Job) -> None:
    cron.install(job, EVERY)
    crontab.write_text(f"A=1\n{crontab.read_text()}B=2\n")
    cron.install(job, Interval.parse("1h"))
    assert crontab.read_text() == f"A=1\n{cron.preview(job, Interval.parse('1h'))}\nB=2\n"


def test_removing_deletes_the_line_and_no_other(cron: Crontab, crontab: Path, job: Job) -> None:
    crontab.write_text(OTHERS)
    cron.install(job, EVERY)
    assert cron.remove().changed
    assert crontab.read_text() == OTHERS
    assert not cron.remove().changed


def test_an_empty_crontab_is_removed(cron: Crontab, crontab: Path, job: Job) -> None:
    cron.install(job, EVERY)
    cron.remove()
    assert not crontab.exists()


def test_a_line_that_is_commented_out_is_not_installed(
    cron: Crontab, crontab: Path, job: Job
) -> None:
    cron.install(job, EVERY)
    assert cron.installed() == cron.preview(job, EVERY)
    crontab.write_text(f"# {crontab.read_text()}")
    assert cron.installed() is None


def test_the_variables_that_the_crontab_sets_are_known(cron: Crontab, crontab: Path) -> None:
    assert cron.variables() == {"PATH": "/usr/bin:/bin"}
    crontab.write_text("A=1\n B = '2 3' \n#C=3\n* * * * * D=4 true\nPATH=/opt/bin\n")
    assert cron.variables() == {"A": "1", "B": "2 3", "PATH": "/opt/bin"}


def test_the_error_of_crontab_is_shown(cron: Crontab, crontab: Path, job: Job) -> None:
    crontab.write_text("REFUSED\n")
    with pytest.raises(SchedulerCommandError, match="`crontab -` failed: bad minute"):
        cron.install(job, EVERY)
    assert crontab.read_text() == "REFUSED\n"


def test_an_invalid_path_is_refused(cron: Crontab, tmp_path: Path) -> None:
    with pytest.raises(InvalidPathError, match=r"contains '\\n'"):
        cron.preview(Job(("/bin/echo", "a\nb"), tmp_path / "log"), EVERY)


def test_the_log_is_private(cron: Crontab, job: Job) -> None:
    cron.install(job, EVERY)
    assert job.log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_created_is_an_error_before_any_change(
    cron: Crontab, crontab: Path, job: Job
) -> None:
    job.log.parent.write_text("")
    with pytest.raises(UnusableFileError, match=r"cannot use .*HOME.*: not a directory"):
        cron.install(job, EVERY)
    assert not crontab.exists()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0\\"))))
def test_the_shell_reads_the_original_words(words: list[str]) -> None:
    line = Crontab(Path("/nowhere")).preview(Job(("printf", *words), Path("/dev/null")), EVERY)
    assert line.endswith(MARKER)
    command = _as_cron_runs_it(line.split(maxsplit=5)[5])
    assert command.endswith(f"; }} {MARKER}")
    assert shlex.split(command, comments=True)[1 : len(words) + 1] == words


def test_a_real_shell_appends_the_output_to_the_log(cron: Crontab, tmp_path: Path) -> None:
    log = tmp_path / "50% 'of' $it" / "log"
    job = Job(("/usr/bin/printf", "%s|", "100%", "$HOME", "a b", "it's"), log)
    log.parent.mkdir()
    command = _as_cron_runs_it(cron.preview(job, EVERY).split(maxsplit=5)[5])
    subprocess.run(["/bin/sh", "-c", command], check=True, env=dict(os.environ))
    assert log.read_text() == "100%|$HOME|a b|it's|"


def test_an_error_is_followed_by_the_date(cron: Crontab, tmp_path: Path) -> None:
    job = Job(("/bin/sh", "-c", "echo why >&2; exit 69"), tmp_path / "log")
    command = _as_cron_runs_it(cron.preview(job, EVERY).split(maxsplit=5)[5])
    subprocess.run(["/bin/sh", "-c", command], check=True, env={"TZ": "UTC", "LC_ALL": "C"})
    why, date = job.log.read_text().splitlines()
    assert why == "why"
    assert re.fullmatch(r"\w{3} \w{3} .\d \d\d:\d\d:\d\d UTC \d{4}", date)


def _as_cron_runs_it(command: str) -> str:
    """Return a crontab's command up to its first `%` without a backslash."""
    escaped = command.replace(r"\%", "\0")
    return escaped.partition("%")[0].replace("\0", "%")


def test_a_stopped_cron_daemon_is_a_concern(cron: Crontab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crontab_module, "cron_runs", lambda: False)
    assert "no cron daemon is running" in (cron.concern() or "")
    monkeypatch.setattr(crontab_module, "cron_runs", lambda: None)
    assert cron.concern() is None


def test_a_cron_daemon_is_found_among_the_processes(tmp_path: Path) -> None:
    assert cron_runs(tmp_path) is None
    for number, name in {"self": "python3", "7": "crony", "41": "bash"}.items():
        (tmp_path / number).mkdir()
        (tmp_path / number / "comm").write_text(f"{name}\n")
    (tmp_path / "8").mkdir()
    assert cron_runs(tmp_path) is False
    (tmp_path / "41" / "comm").write_text("crond\n")
    assert cron_runs(tmp_path) is True


@pytest.mark.parametrize(("code", "mailed"), [(0, False), (69, False), (78, False), (1, True)])
def test_a_failed_snapshot_is_logged_and_a_command_that_cannot_run_is_mailed(
    cron: Crontab, tmp_path: Path, code: int, *, mailed: bool
) -> None:
    log = tmp_path / "it's 100% a log"
    shown = _mail(cron, Job(("/bin/sh", "-c", f"exit {code}"), log))
    assert bool(shown) is mailed
    assert bool(log.read_text()) is (code != 0)


def test_a_program_that_is_gone_is_mailed(cron: Crontab, tmp_path: Path) -> None:
    log = tmp_path / "log"
    shown = _mail(cron, Job(("/old/venv/bin/python", "-m", "usage_tracker"), log))
    assert shown == f"usage-tracker: no snapshot, see {log}\n"
    assert "not found" in log.read_text()


def _mail(cron: Crontab, job: Job) -> str:
    """Return what cron would mail."""
    command = _as_cron_runs_it(cron.preview(job, EVERY).split(maxsplit=5)[5])
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    words = ["/bin/sh", "-c", command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environ)
    return done.stdout + done.stderr
