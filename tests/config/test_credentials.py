import base64
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.config.accounts import TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.config.credentials import (
    EmptyTokenError,
    InferenceKeyError,
    Token,
    TokenCommandError,
    TokenExposedError,
    TokenFileError,
    TokenMissingError,
    UnsendableTokenError,
    looks_like_key,
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
def test_a_missing_variable_is_named_with_its_fix(
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


def test_a_failing_command_is_reported_by_its_status_without_its_output(
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


@pytest.mark.parametrize("flood", ["yes", "cat /dev/zero", "while :; do echo; done"])
def test_a_command_that_floods_is_ended_at_once(flood: str) -> None:
    with pytest.raises(TokenCommandError, match="wrote more than 64 KiB"):
        read_token(TokenFromCommand(("sh", "-c", flood)), 30)


KEY = "fd0123456789abcdef0123456789ABCD"
KEYS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="*"),
    min_size=1,
    max_size=48,
)


@pytest.mark.parametrize(
    "pasted",
    [KEY, f" {KEY}\n", f'"{KEY}"', f"Bearer {KEY}", f"'bearer  {KEY}'", f'Bearer "{KEY}"'],
)
def test_what_people_paste_along_is_taken_off(pasted: str) -> None:
    assert Token.parse(pasted).reveal() == KEY


def test_a_token_never_shows_itself() -> None:
    token = Token(KEY)
    assert f"{token} {token!r} {[token]}" == "*** *** [***]"
    assert token.masked() == "fd…CD"
    assert Token("short").masked() == "***"


def test_the_header_is_as_the_account_wants_it() -> None:
    assert Token(KEY).authorization("bearer") == f"Bearer {KEY}"
    assert Token(KEY).authorization("raw") == KEY


def test_no_token_is_no_token() -> None:
    assert not Token.parse("  ''  ")
    with pytest.raises(EmptyTokenError):
        Token.parse("Bearer ").validate()


@pytest.mark.parametrize("key", ["sk-0123456789", "SK-x"])
def test_an_inference_key_is_refused(key: str) -> None:
    with pytest.raises(InferenceKeyError, match="Manage Key"):
        Token(key).validate()


@pytest.mark.parametrize("character", [" ", "\n", "\r", "\0", "\x7f", "é", "…", "\u200b"])
def test_what_no_header_can_carry_is_refused(character: str) -> None:
    with pytest.raises(UnsendableTokenError) as caught:
        Token(f"fd01{character}ab").authorization("raw")
    assert "fd01" not in str(caught.value)
    assert f"U+{ord(character):04X}" in str(caught.value)


@given(KEYS, st.text(), st.text())
def test_a_scrubbed_text_holds_the_token_in_no_case(key: str, before: str, after: str) -> None:
    scrubbed = Token(key).scrub(before + key + after)
    assert key.lower() not in scrubbed.lower()


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (f"key {KEY}.", "key ***."),
        (f"{KEY}{KEY}", "***"),
        (KEY.upper(), "***"),
        (f"{KEY[:12]}…", "***…"),
        (f"…{KEY[-9:]}", "…***"),
        (f"{KEY[:9]}.{KEY[20:]}", "***.***"),
        ("fd01 is too little to tell", "fd01 is too little to tell"),
        ("", ""),
    ],
)
def test_pieces_of_the_token_are_masked_too(text: str, scrubbed: str) -> None:
    assert Token(KEY).scrub(text) == scrubbed


def test_a_percent_encoded_token_is_masked() -> None:
    key = "a+b/c=d+e/f=g+h"
    assert Token(key).scrub(f"/login?key={quote(key, safe='')}&x") == "/login?key=***&x"


@given(KEYS, st.text(st.sampled_from("ab*%2")))
def test_scrubbing_twice_changes_nothing(key: str, text: str) -> None:
    token = Token(key)
    once = token.scrub(key[:4] + text + key)
    assert token.scrub(once) == once


def test_nothing_scrubs_nothing() -> None:
    assert Token("").scrub("text") == "text"


@pytest.mark.parametrize(
    "text", [KEY, f" Bearer {KEY}", "fdSECRET0123456789abcdef01234567", "sk-abcdefgh", "0a" * 16]
)
def test_a_key_is_distinguished_from_a_name(text: str) -> None:
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text", ["AIHUBMIX_ACCESS_TOKEN_OF_TEAM_2", "WORK_KEY", "key", "aihubmix-team2-2026.key", ""]
)
def test_a_name_is_no_key(text: str) -> None:
    assert not looks_like_key(text)


@pytest.mark.parametrize("before", ["", ":", "me:", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_the_token_is_masked_in_base64(before: str, encode: Callable[[bytes], bytes]) -> None:
    echo = encode(f"{before}{KEY}\n".encode()).decode()
    scrubbed = Token(KEY).scrub(f"got Basic {echo}, why?")
    assert scrubbed.startswith("got Basic ")
    assert scrubbed.endswith(", why?")
    assert len(scrubbed) < len("got Basic , why?") + len(before) * 2 + 12


@pytest.mark.parametrize(
    "echo", [KEY[::-1], "".join(f"%{ord(each):02X}" for each in KEY), KEY[::-1][5:25]]
)
def test_the_token_is_masked_reversed_and_percent_encoded(echo: str) -> None:
    assert Token(KEY).scrub(f"got {echo}!") == "got ***!"


@pytest.mark.parametrize("text", ["the user has 30303030 units", "YWJjZGVm", "%61%62 is fine"])
def test_other_text_is_not_masked(text: str) -> None:
    assert Token(KEY).scrub(text) == text
    assert Token("abcdefgh0000").scrub(text.replace("YWJjZGVm", "x")) == text.replace(
        "YWJjZGVm", "x"
    )
