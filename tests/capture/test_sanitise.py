import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.capture.sanitise import LIMIT, plain
from usage_tracker.config.token import Token

TOKEN = Token("fd0123456789abcdef")


@given(st.text(), st.integers(1, 80))
def test_words_are_one_short_printable_line_without_markup(text: str, limit: int) -> None:
    words = plain(text, TOKEN, limit)
    assert len(words) <= limit
    assert not any(unicodedata.category(character)[0] == "C" for character in words)
    assert words.splitlines() == ([words] if words else [])
    assert not {"<", ">"} & set(words)


@given(st.text(), st.integers(1, 80))
def test_plain_words_stay_as_they_are(text: str, limit: int) -> None:
    words = plain(text, TOKEN, limit)
    assert plain(words, None, limit) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Access\tdenied.\r\n", "Access denied."),
        ("<h1>No</h1> <script>alert(1)</script>", "No alert(1)"),
        ("<<b>script>", "script"),
        ("a \u202eb\u2066c\u200bd\ufeff", "a bcd"),
        ("\x1b]0;title\x07red", "]0;titlered"),
        ("token 无效", "token 无效"),
        ("\ud800x", "x"),
        ("key fd0123456789\u200babcdef", "key ***"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_what_is_not_plain_is_dropped(text: str, words: str) -> None:
    assert plain(text, TOKEN) == words


def test_a_token_at_the_cut_is_masked_before_the_cut() -> None:
    words = plain("x" * (LIMIT - 10) + TOKEN.reveal(), TOKEN)
    assert words.endswith("x***")


def test_a_flood_of_brackets_is_no_work() -> None:
    start = time.monotonic()
    plain("<" * 200_000, TOKEN)
    assert time.monotonic() - start < 5
