import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.config.settings import Settings, load
from usage_tracker.schedule import job
from usage_tracker.schedule.job import (
    ALLOWED,
    WEEK,
    DryRunError,
    Interval,
    ProgramUnavailableError,
    SecretInCommandError,
    TokenUnavailableError,
    UnevenIntervalError,
    create_job,
    dry_run,
    missing_variables,
    require_environment,
    snapshot_job,
)
from usage_tracker.times import DAY, HOUR, MINUTE

BARE = {"PATH": "/usr/bin:/bin"}


def test_the_job_uses_this_python_and_no_needless_options(tmp_path: Path) -> None:
    created = snapshot_job(tmp_path / "log")
    assert created.argv == (
        *(sys.executable, "-P", "-m", "usage_tracker"),
        *("snapshot", "--quiet", "--notify"),
    )


def test_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    created = snapshot_job(Path("log"), Path("my config.toml"), "sub/usage.db")
    assert created.argv[-4:] == (
        *("--config", f"{tmp_path}/my config.toml"),
        *("--db", f"{tmp_path}/sub/usage.db"),
    )
    assert created.log == tmp_path / "log"


@pytest.mark.parametrize(
    ("database", "option"),
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
    database: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert snapshot_job(Path("log"), database=database).argv[-1] == option.format(here=tmp_path)


@pytest.mark.parametrize(
    "url", ["postgresql://me:s3cret@host/u", "postgresql:///u?password=s3cret"]
)
def test_a_password_is_not_written_to_a_crontab(url: str) -> None:
    with pytest.raises(SecretInCommandError) as caught:
        snapshot_job(Path("log"), database=url)
    assert "s3cret" not in str(caught.value)


def test_a_failed_dry_run_shows_the_reason(tmp_path: Path) -> None:
    found = snapshot_job(tmp_path / "log")
    missing = type(found)((str(tmp_path / "python"), *found.argv[1:]), found.log)
    with pytest.raises(DryRunError, match=r"No such file.*: install it"):
        dry_run(missing, {"PATH": "/usr/bin:/bin"})


CONFIG = """
[[account]]
name = "work"
{key}
"""


@pytest.mark.parametrize(
    ("key", "database", "problem"),
    [
        ('token_file = "none"', "usage.db", "work: cannot read the token file"),
        ('token_env = "WORK_KEY"', "usage.db", "WORK_KEY is not set"),
        ('token_command = ["false"]', "usage.db", "'false' failed with status 1"),
        ('token_command = ["echo", "sk-abcdefgh"]', "usage.db", "an inference key"),
        ('token_command = ["echo", "f0f0"]', "none/usage.db", "/none does not exist: create it"),
        ('token_command = ["echo", "f0f0"]', "key/usage.db", "no file can be created in its"),
        ('token = "x"', "usage.db", "unknown key 'token'"),
    ],
)
def test_a_job_that_would_fail_is_not_installed(
    tmp_path: Path, key: str, database: str, problem: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(key=key))
    (tmp_path / "key").write_text("")
    found = snapshot_job(tmp_path / "log", config, str(tmp_path / database))
    with pytest.raises(DryRunError, match=re.escape(problem)) as caught:
        dry_run(found, {"PATH": "/usr/bin:/bin"})
    assert str(caught.value).startswith("the command would fail outside this shell: ")
    assert not (tmp_path / "usage.db").exists()


def test_a_job_that_works_is_run_with_its_own_variables_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_KEY", "of this shell")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(key='token_env = "WORK_KEY"'))
    found = snapshot_job(tmp_path / "log", config, str(tmp_path / "usage.db"))
    dry_run(found, {"PATH": "/usr/bin:/bin", "WORK_KEY": "f0f0f0f0"})
    with pytest.raises(DryRunError, match="WORK_KEY is not set"):
        dry_run(found, {"PATH": "/usr/bin:/bin"})
    assert not (tmp_path / "usage.db").exists()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory; no variable points to another."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "TRACKER_CONFIG", "TRACKER_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(job, "_home", lambda: str(tmp_path))
    config = tmp_path / ".config" / "usage-tracker"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('database = "elsewhere.db"\n')
    return tmp_path


def words(config: str | None = None, database: str | None = None) -> tuple[str, ...]:
    return create_job(load(config, database), os.environ).argv[7:]


@pytest.mark.usefixtures("home")
def test_default_paths_need_no_options() -> None:
    assert words() == ()


def test_a_home_of_the_shell_alone_needs_an_option(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_home", lambda: "/home/of/the/password/file")
    assert words() == ("--config", f"{home}/.config/usage-tracker/config.toml")


def test_options_and_variables_become_options(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "my.toml").write_text("")
    assert words(database=f"{home}/my.db") == ("--db", f"{home}/my.db")
    assert words(config=f"{home}/my.toml") == ("--config", f"{home}/my.toml")
    monkeypatch.setenv("TRACKER_DATABASE", f"{home}/its.db")
    assert words() == ("--db", f"{home}/its.db")


def test_xdg_directories_become_options(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".config" / "usage-tracker" / "config.toml").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", f"{home}/.config")
    monkeypatch.setenv("XDG_DATA_HOME", f"{home}/data")
    assert words() == (
        *("--config", f"{home}/.config/usage-tracker/config.toml"),
        *("--db", f"{home}/data/usage-tracker/usage.db"),
    )


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program on the PATH of the shell alone."""
    path = tmp_path / "bin" / "tool"
    path.parent.mkdir()
    path.touch(mode=0o700)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    return path


def settings(tmp_path: Path, token: str, notify: str = "", name: str = "work") -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(f'[[account]]\nname = "{name}"\n{token}\n[notify]\n{notify}\n')
    return load(str(path))


def test_a_token_in_a_variable_is_refused_with_a_fix(tmp_path: Path) -> None:
    from_env = settings(tmp_path, 'token_env = "WORK_KEY"')
    with pytest.raises(TokenUnavailableError, match=r"'work' comes from WORK_KEY.*set-token work"):
        require_environment(from_env, BARE)
    require_environment(from_env, {**BARE, "WORK_KEY": "x"})


def test_the_fix_quotes_the_account_for_a_shell(tmp_path: Path) -> None:
    from_env = settings(tmp_path, 'token_env = "WORK_KEY"', name="at work; really")
    with pytest.raises(TokenUnavailableError, match="set-token 'at work; really'`"):
        require_environment(from_env, BARE)


def test_a_token_in_a_file_is_accepted(tmp_path: Path) -> None:
    require_environment(settings(tmp_path, 'token_file = "key"'), BARE)


def test_a_program_on_the_path_of_the_shell_alone_is_refused_with_its_path(
    tmp_path: Path, tool: Path
) -> None:
    with pytest.raises(ProgramUnavailableError, match=rf"token_command of 'work'.*write {tool} in"):
        require_environment(settings(tmp_path, 'token_command = ["tool"]'), BARE)
    with pytest.raises(ProgramUnavailableError, match=rf"command of \[notify\].*write {tool} in"):
        require_environment(settings(tmp_path, 'token_file = "key"', 'command = ["tool"]'), BARE)
    with pytest.raises(ProgramUnavailableError, match="give its full path"):
        require_environment(settings(tmp_path, 'token_command = ["nowhere"]'), BARE)


def test_a_program_on_the_path_of_the_scheduler_is_accepted(tmp_path: Path, tool: Path) -> None:
    require_environment(settings(tmp_path, 'token_command = ["sh", "-c", "echo x"]'), BARE)
    require_environment(settings(tmp_path, f'token_command = ["{tool}"]'), BARE)
    require_environment(settings(tmp_path, 'token_command = ["tool"]'), {"PATH": str(tool.parent)})


def test_missing_proxy_and_certificate_variables_are_named() -> None:
    environ = {"https_proxy": "http://p:1", "SSL_CERT_FILE": "/c", "NO_PROXY": "", "EDITOR": "vi"}
    assert missing_variables(environ, known=()) == ("https_proxy", "SSL_CERT_FILE")
    assert missing_variables(environ, known={"HTTPS_PROXY"}) == ("SSL_CERT_FILE",)


@pytest.mark.parametrize(
    ("text", "minute", "fields", "calendar"),
    [
        ("1m", 7, "* * * * *", "*-*-* *:00/1:00"),
        ("10m", 0, "*/10 * * * *", "*-*-* *:00/10:00"),
        ("10m", 47, "7-59/10 * * * *", "*-*-* *:00/10:00"),
        ("600s", 47, "7-59/10 * * * *", "*-*-* *:00/10:00"),
        ("60m", 47, "47 * * * *", "*-*-* 00/1:00:00"),
        ("6h", 47, "47 */6 * * *", "*-*-* 00/6:00:00"),
        ("1d", 47, "47 0 * * *", "*-*-* 00:00:00"),
        ("7d", 47, "47 0 * * 1", "Mon *-*-* 00:00:00"),
    ],
)
def test_an_interval_is_written_for_cron_and_for_systemd(
    text: str, minute: int, fields: str, calendar: str
) -> None:
    every = Interval.parse(text)
    assert (every.cron(minute), every.calendar()) == (fields, calendar)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("7m", "6m or 10m"), ("30s", "1m"), ("45m", "30m or 1h"), ("5h", "4h or 6h"), ("9w", "1w")],
)
def test_an_uneven_interval_is_refused_with_the_nearest_ones(text: str, nearest: str) -> None:
    with pytest.raises(
        UnevenIntervalError, match=f"every {text}: the nearest possible is {nearest}"
    ):
        Interval.parse(text)


@given(st.sampled_from(ALLOWED), st.integers(0, 59))
def test_the_crontab_fields_give_the_right_number_of_runs_a_week(ms: int, minute: int) -> None:
    minutes, hours, _, _, weekdays = Interval(ms).cron(minute).split()
    runs = len(_values(minutes, 60)) * len(_values(hours, 24)) * len(_values(weekdays, 7))
    assert runs * ms == WEEK


@given(st.sampled_from(ALLOWED))
def test_an_interval_parses_its_own_text(ms: int) -> None:
    assert Interval.parse(str(Interval(ms))) == Interval(ms)
    assert ms % MINUTE == 0
    assert any(span % ms == 0 for span in (HOUR, DAY, WEEK))


def _values(field: str, count: int) -> range:
    span, _, step = field.partition("/")
    first, _, last = span.partition("-")
    if first == "*":
        return range(0, count, int(step or 1))
    return range(int(first), int(last or first) + 1, int(step or 1))
