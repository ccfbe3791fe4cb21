from pathlib import Path

import pytest

from tests.cli.test_root import WORDS

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("words", WORDS, ids=map(" ".join, WORDS))
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    assert f"tracker {' '.join(words)}" in README.read_text("utf-8")
