from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from usage_tracker.render.terminal.charset import ASCII, BLOCKS, ink


def test_there_is_an_ink_for_either_kind_of_terminal() -> None:
    assert ink(unicode=True) is BLOCKS
    assert ink(unicode=False) is ASCII


@given(st.text())
def test_ascii_ink_writes_ascii(text: str) -> None:
    assert ASCII.text(text).isascii()


def test_signs_have_a_spelling_in_ascii() -> None:
    assert ASCII.text("80 % — 3 Dec – 14 Dec… ± −") == "80 % -- 3 Dec - 14 Dec... +/- -"  # noqa: RUF001
    assert BLOCKS.text("—") == "—"


def test_every_character_takes_one_cell() -> None:
    for one in (BLOCKS, ASCII):
        drawn = [getattr(one, field.name) for field in fields(one)]
        texts = [text for text in drawn if isinstance(text, str)] + [*one.marks.values()]
        assert all(cell_len(character) == 1 for text in texts for character in text)


def test_no_sign_in_ascii_means_two_things() -> None:
    signs = [*ASCII.marks.values(), ASCII.unconfirmed, ASCII.short, ASCII.uncertain, "~"]
    signs += [ASCII.guessed, *ASCII.fan, ASCII.bar, ASCII.rising[:-1], ASCII.hanging[:-1]]
    signs += [*ASCII.bracket, ASCII.straight, ASCII.line, ASCII.corner]
    assert ASCII.rising[-1] == ASCII.hanging[-1] == ASCII.bar
    assert len(set(signs)) == len(signs)
    assert ASCII.text("—") not in signs


def test_the_signs_of_events_are_told_apart() -> None:
    for one in (BLOCKS, ASCII):
        signs = [*one.marks.values(), one.unconfirmed]
        assert len(set(signs)) == len(signs)
