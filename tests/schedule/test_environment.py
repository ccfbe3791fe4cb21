from pathlib import Path

import pytest

from usage_tracker.config.settings import Settings, load
from usage_tracker.schedule.environment import (
    UnseenProgramError,
    UnseenTokenError,
    require_means,
    unseen,
)

BARE = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that only the shell's PATH finds."""
    path = tmp_path / "bin" / "tool"
    path.parent.mkdir()
    path.touch(mode=0o700)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    return path


def settings(tmp_path: Path, token: str, notify: str = "", name: str = "work") -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(f'[[account]]\nname = "{name}"\n{token}\n[notify]\n{notify}\n')
    return load(str(path))


def test_a_token_in_a_variable_is_refused_with_the_cure(tmp_path: Path) -> None:
    from_env = settings(tmp_path, 'token_env = "WORK_KEY"')
    with pytest.raises(UnseenTokenError, match=r"'work' comes from WORK_KEY.*set-token work"):
        require_means(from_env, BARE)
    require_means(from_env, {**BARE, "WORK_KEY": "x"})


def test_the_cure_names_the_account_as_a_shell_takes_it(tmp_path: Path) -> None:
    from_env = settings(tmp_path, 'token_env = "WORK_KEY"', name="at work; really")
    with pytest.raises(UnseenTokenError, match="set-token 'at work; really'`"):
        require_means(from_env, BARE)


def test_a_token_in_a_file_is_seen(tmp_path: Path) -> None:
    require_means(settings(tmp_path, 'token_file = "key"'), BARE)


def test_a_command_that_only_the_shell_finds_is_refused_with_its_path(
    tmp_path: Path, tool: Path
) -> None:
    with pytest.raises(UnseenProgramError, match=rf"token_command of 'work'.*write {tool} in"):
        require_means(settings(tmp_path, 'token_command = ["tool"]'), BARE)
    with pytest.raises(UnseenProgramError, match=rf"command of \[notify\].*write {tool} in"):
        require_means(settings(tmp_path, 'token_file = "key"', 'command = ["tool"]'), BARE)
    with pytest.raises(UnseenProgramError, match="give its whole path"):
        require_means(settings(tmp_path, 'token_command = ["nowhere"]'), BARE)


def test_a_command_that_the_scheduler_finds_will_do(tmp_path: Path, tool: Path) -> None:
    require_means(settings(tmp_path, 'token_command = ["sh", "-c", "echo x"]'), BARE)
    require_means(settings(tmp_path, f'token_command = ["{tool}"]'), BARE)
    require_means(settings(tmp_path, 'token_command = ["tool"]'), {"PATH": str(tool.parent)})


def test_proxies_and_certificates_of_the_shell_are_named() -> None:
    environ = {"https_proxy": "http://p:1", "SSL_CERT_FILE": "/c", "NO_PROXY": "", "EDITOR": "vi"}
    assert unseen(environ, known=()) == ("https_proxy", "SSL_CERT_FILE")
    assert unseen(environ, known={"HTTPS_PROXY"}) == ("SSL_CERT_FILE",)
