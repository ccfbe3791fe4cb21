from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.config.token import (
    EmptyTokenError,
    InferenceKeyError,
    Token,
    UnsendableTokenError,
    looks_like_key,
)

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
    assert Token.paste(pasted).reveal() == KEY


def test_a_token_never_shows_itself() -> None:
    token = Token(KEY)
    assert f"{token} {token!r} {[token]}" == "*** *** [***]"
    assert token.masked() == "fd…CD"
    assert Token("short").masked() == "***"


def test_the_header_is_as_the_account_wants_it() -> None:
    assert Token(KEY).authorization("bearer") == f"Bearer {KEY}"
    assert Token(KEY).authorization("raw") == KEY


def test_no_token_is_no_token() -> None:
    assert not Token.paste("  ''  ")
    with pytest.raises(EmptyTokenError):
        Token.paste("Bearer ").check()


@pytest.mark.parametrize("key", ["sk-0123456789", "SK-x"])
def test_an_inference_key_is_refused(key: str) -> None:
    with pytest.raises(InferenceKeyError, match="Manage Key"):
        Token(key).check()


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
def test_a_key_is_told_from_a_name(text: str) -> None:
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text", ["AIHUBMIX_ACCESS_TOKEN_OF_TEAM_2", "WORK_KEY", "key", "aihubmix-team2-2026.key", ""]
)
def test_a_name_is_no_key(text: str) -> None:
    assert not looks_like_key(text)
