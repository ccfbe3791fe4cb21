from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.cli.output import columns, plain


def test_columns_align_whatever_the_width_of_the_letters() -> None:
    lines = columns([("名前", "1"), ("e\u0301", "22"), ("plain", "333")], right=[1])
    assert lines == ["名前     1", "e\u0301       22", "plain  333"]


def test_nothing_to_align_is_no_line() -> None:
    assert columns([]) == []


@given(st.text())
def test_plain_text_prints_on_one_line(text: str) -> None:
    assert plain(text).isprintable()
    assert len(plain(text)) == len(text)
