import os
import sys
from pathlib import Path

import pytest

from usage_tracker.config.settings import load
from usage_tracker.schedule import job, job_for, rehearse, snapshot_job
from usage_tracker.schedule.job import RehearsalError, SecretInCommandError


def test_the_job_names_this_python_and_only_what_it_must(tmp_path: Path) -> None:
    made = snapshot_job(tmp_path / "log")
    assert made.argv == (
        *(sys.executable, "-P", "-m", "usage_tracker"),
        *("snapshot", "--quiet", "--notify"),
    )


def test_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = snapshot_job(Path("log"), Path("my config.toml"), "sub/usage.db")
    assert made.argv[-4:] == (
        *("--config", f"{tmp_path}/my config.toml"),
        *("--db", f"{tmp_path}/sub/usage.db"),
    )
    assert made.log == tmp_path / "log"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sqlite:///usage.db", "{here}/usage.db"),
        (
            "sqlite:////srv/usage.db?journal_mode=delete",
            "sqlite:////srv/usage.db?journal_mode=delete",
        ),
        ("postgresql+psycopg://me@host/usage", "postgresql+psycopg://me@host/usage"),
    ],
)
def test_a_database_may_be_a_url(
    given: str, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert snapshot_job(Path("log"), database=given).argv[-1] == kept.format(here=tmp_path)


@pytest.mark.parametrize(
    "url", ["postgresql://me:s3cret@host/u", "postgresql:///u?password=s3cret"]
)
def test_a_password_does_not_go_into_a_crontab(url: str) -> None:
    with pytest.raises(SecretInCommandError) as caught:
        snapshot_job(Path("log"), database=url)
    assert "s3cret" not in str(caught.value)


def test_the_rehearsal_tells_what_is_missing(tmp_path: Path) -> None:
    found = snapshot_job(tmp_path / "log")
    missing = type(found)((str(tmp_path / "python"), *found.argv[1:]), found.log)
    with pytest.raises(RehearsalError, match=r"No such file.*: install it"):
        rehearse(missing)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory, with nothing set that would lead elsewhere."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "TRACKER_CONFIG", "TRACKER_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(job, "_home", lambda: str(tmp_path))
    config = tmp_path / ".config" / "usage-tracker"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('database = "elsewhere.db"\n')
    return tmp_path


def words(config: str | None = None, database: str | None = None) -> tuple[str, ...]:
    return job_for(load(config, database), os.environ).argv[7:]


@pytest.mark.usefixtures("home")
def test_what_the_program_finds_by_itself_is_not_named() -> None:
    assert words() == ()


def test_a_home_that_only_the_shell_knows_is_spelled_out(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_home", lambda: "/home/of/the/password/file")
    assert words() == ("--config", f"{home}/.config/usage-tracker/config.toml")


def test_what_an_option_or_a_variable_names_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "my.toml").write_text("")
    assert words(database=f"{home}/my.db") == ("--db", f"{home}/my.db")
    assert words(config=f"{home}/my.toml") == ("--config", f"{home}/my.toml")
    monkeypatch.setenv("TRACKER_DATABASE", f"{home}/its.db")
    assert words() == ("--db", f"{home}/its.db")


def test_directories_that_the_shell_moved_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".config" / "usage-tracker" / "config.toml").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", f"{home}/.config")
    monkeypatch.setenv("XDG_DATA_HOME", f"{home}/data")
    assert words() == (
        *("--config", f"{home}/.config/usage-tracker/config.toml"),
        *("--db", f"{home}/data/usage-tracker/usage.db"),
    )
