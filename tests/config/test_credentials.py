import os
import sys
import time
from pathlib import Path

import pytest

from usage_tracker.config.accounts import TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.config.credentials import (
    TokenCommandError,
    TokenExposedError,
    TokenFileError,
    TokenMissingError,
    read_token,
)
from usage_tracker.errors import ConfigError

TOKEN = "fd0123456789abcdef0123456789abcd"


def key_file(folder: Path, content: str = TOKEN, mode: int = 0o600) -> TokenFromFile:
    path = folder / "key"
    path.write_text(content)
    path.chmod(mode)
    return TokenFromFile(path)


def python(code: str) -> TokenFromCommand:
    return TokenFromCommand((sys.executable, "-c", code))


def test_a_variable_gives_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f" Bearer {TOKEN}\n")
    assert read_token(TokenFromEnv("MY_KEY")).reveal() == TOKEN


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_there_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(TokenMissingError, match=r"MY_KEY is not set.*set-token"):
        read_token(TokenFromEnv("MY_KEY"))


def test_a_private_file_gives_its_first_line(tmp_path: Path) -> None:
    assert read_token(key_file(tmp_path, f"\n{TOKEN}\nlogin: me\n")).reveal() == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o660, 0o644])
def test_a_file_that_others_may_touch_is_refused_as_ssh_does(tmp_path: Path, mode: int) -> None:
    with pytest.raises(TokenExposedError, match=rf"mode {mode:04o}.*chmod 600") as caught:
        read_token(key_file(tmp_path, mode=mode))
    assert TOKEN not in str(caught.value)


def test_a_file_that_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="No such file"):
        read_token(TokenFromFile(tmp_path / "nowhere"))
    with pytest.raises(TokenFileError, match="directory"):
        read_token(TokenFromFile(tmp_path))


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(TokenFileError, match="regular file"):
        read_token(TokenFromFile(tmp_path / "pipe"))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="larger"):
        read_token(key_file(tmp_path, "x" * 100_000))


@pytest.mark.parametrize("content", ["", "\n \n", "two words", "fd\x1b[2J", "ключ", "sk-abcdef"])
def test_what_cannot_be_a_token_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_token(key_file(tmp_path, content))
    assert not content.strip() or content not in str(caught.value)


def test_a_command_gives_its_first_line() -> None:
    assert read_token(python(f"print('{TOKEN}'); print('login')")).reveal() == TOKEN


def test_a_command_runs_without_a_shell() -> None:
    source = TokenFromCommand((sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;id"))
    assert read_token(source).reveal() == "$HOME;id"


def test_a_failing_command_tells_its_status_and_nothing_it_wrote(
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = python(f"import sys; print('{TOKEN}'); sys.exit('{TOKEN} is locked')")
    with pytest.raises(TokenCommandError, match="status 1") as caught:
        read_token(source)
    assert TOKEN not in str(caught.value) + "".join(capfd.readouterr())


def test_a_command_that_does_not_exist_says_so() -> None:
    with pytest.raises(TokenCommandError, match="'no-such-program' cannot be run"):
        read_token(TokenFromCommand(("no-such-program", "--password", "hunter2")))


def test_a_command_that_hangs_is_ended_with_its_children() -> None:
    begun = time.monotonic()
    with pytest.raises(TokenCommandError, match="took longer"):
        read_token(TokenFromCommand(("sh", "-c", "sleep 60 | cat")), 0.3)
    assert time.monotonic() - begun < 5


def test_a_command_that_leaves_a_child_behind_still_ends() -> None:
    with pytest.raises(TokenCommandError, match="took longer"):
        read_token(TokenFromCommand(("sh", "-c", "sleep 2 & echo token")), 0.3)
