from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from usage_tracker.render.terminal.charset import ASCII, BLOCKS


@given(st.text())
def test_the_ascii_charset_writes_ascii(text: str) -> None:
    assert ASCII.text(text).isascii()


def test_symbols_have_a_spelling_in_ascii() -> None:
    assert ASCII.text("80 % — 3 Dec – 14 Dec… ± −") == "80 % -- 3 Dec - 14 Dec... +/- -"  # noqa: RUF001
    assert BLOCKS.text("—") == "—"


def test_every_character_takes_one_cell() -> None:
    for one in (BLOCKS, ASCII):
        drawn = [getattr(one, field.name) for field in fields(one)]
        texts = [text for text in drawn if isinstance(text, str)] + [*one.marks.values()]
        assert all(cell_len(character) == 1 for text in texts for character in text)


def test_no_character_in_ascii_has_two_meanings() -> None:
    marks = [*ASCII.marks.values(), ASCII.unconfirmed, ASCII.short, ASCII.uncertain, "~"]
    marks += [ASCII.estimated, *ASCII.fan, ASCII.bar, ASCII.rising[:-1], ASCII.hanging[:-1]]
    marks += [*ASCII.bracket, ASCII.straight, ASCII.line, ASCII.corner]
    assert ASCII.rising[-1] == ASCII.hanging[-1] == ASCII.bar
    assert len(set(marks)) == len(marks)
    assert ASCII.text("—") not in marks


def test_the_marks_of_events_differ() -> None:
    for one in (BLOCKS, ASCII):
        marks = [*one.marks.values(), one.unconfirmed]
        assert len(set(marks)) == len(marks)
