import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.render.terminal.bars import bar, guessed_bar, sparkline
from usage_tracker.render.terminal.charset import ASCII, BLOCKS, Ink

INKS = st.sampled_from((BLOCKS, ASCII))


@given(st.floats(0, 2), st.integers(1, 60), INKS)
def test_a_bar_keeps_within_its_width_and_shows_all_that_is_not_nothing(
    share: float, width: int, ink: Ink
) -> None:
    for drawn in (bar(share, width, ink), guessed_bar(share, width, ink)):
        assert len(drawn) <= width
        assert bool(drawn) == (share > 0)


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, ""), (0.5, "██"), (0.53, "██▏"), (1.0, "████"), (0.0001, "▏")]
)
def test_a_bar_is_drawn_in_eighths(share: float, text: str) -> None:
    assert bar(share, 4, BLOCKS) == text


def test_an_estimated_bar_looks_different() -> None:
    assert guessed_bar(0.5, 4, BLOCKS) == "▒▒"
    assert guessed_bar(0.5, 4, ASCII) == "=="


def test_a_sparkline_tells_unknown_nothing_and_little_apart() -> None:
    assert sparkline([None, 0.0, 0.001, 1.0], BLOCKS) == " ▁▂█"
    assert sparkline([None, 0.0, 0.001, 1.0], ASCII) == " _17"


def test_a_sparkline_of_nothing_is_flat() -> None:
    assert sparkline([0.0, 0.0, None], BLOCKS) == "▁▁ "
    assert sparkline([None], BLOCKS) == " "
