import io

from rich.console import Console
from rich.text import Text

from usage_tracker.render.terminal.layout import Column, Table, fit

TABLE = Table(
    (Column("Name"), Column("Sum", right=True), Column(style="cyan")),
    [("a", "1", "x"), ("测试", Text("22", "green"), "yy")],
)


def printed(table: Table, width: int = 40, *, color: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
    )
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_columns_are_padded_by_cells_and_numbers_to_the_right() -> None:
    assert printed(TABLE) == "Name  Sum  \na       1  x\n测试   22  yy\n"
    assert TABLE.width == 13


def test_cells_have_their_own_style_or_their_columns() -> None:
    text = printed(TABLE, color=True)
    assert "\x1b[2mName\x1b[0m" in text
    assert "\x1b[32m22\x1b[0m" in text
    assert "\x1b[36myy\x1b[0m" in text


def test_markup_is_text() -> None:
    assert "[red]" in printed(Table((Column(),), [("[red]",)]))


def test_without_titles_there_is_no_line_for_them() -> None:
    assert printed(Table((Column(),), [("a",)])) == "a\n"


def test_a_row_that_is_too_wide_is_folded_not_cut() -> None:
    table = Table((Column(), Column()), [("1234567", "8901234")])
    assert printed(table, 10).replace("\n", "").split() == ["1234567", "8901234"]


def test_text_is_shortened_to_whole_cells() -> None:
    assert fit("abcdef", 4, "…") == "ab…f"
    assert fit("abcdef", 5, "...") == "a...f"
    assert fit("测试帐户", 6, "…") == "测…户"
    assert fit("abc", 3, "…") == "abc"
