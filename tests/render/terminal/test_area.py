import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.render.terminal.area import Ruler, filled, shaded
from usage_tracker.render.terminal.charset import BLOCKS

VALUES = st.lists(st.floats(-1e12, 1e12), max_size=10)
RULER = Ruler(4, 0, 1.0)


@given(VALUES, st.integers(4, 12))
def test_every_value_finds_room_on_the_ruler(values: list[float], rows: int) -> None:
    ruler = Ruler.over(values, rows)
    assert rows - 2 <= ruler.above + ruler.below == len(ruler.floors()) <= rows + 1
    assert all(
        -ruler.below * ruler.step - 1e-6 <= v * (1 - 1e-9) <= ruler.above * ruler.step + 1e-6
        for v in values
    )


@given(st.floats(0.01, 1e12))
def test_no_more_than_a_third_of_the_picture_is_empty(size: float) -> None:
    ruler = Ruler.over([size], 8)
    assert ruler.above * ruler.step <= 1.51 * size


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([230.0], [300.0, 200.0, 100.0, 0.0]),
        ([7.1, 2.0], [7.5, 5.0, 2.5, 0.0]),
        ([0.0042], [0.005, 0.0025, 0.0]),
        ([161.0, -1_985.0], [1_000.0, 0.0, -1_000.0, -2_000.0]),
        ([-39.0], [0.0, -20.0, -40.0]),
        ([0.0], [1.0, 0.0]),
    ],
)
def test_the_marks_are_round_numbers(values: list[float], labels: list[float]) -> None:
    assert [*Ruler.over(values, 8).labels().values()] == labels


def test_below_nothing_there_is_room_for_debts() -> None:
    ruler = Ruler.over([100.0, -100.0], 8)
    assert (ruler.above, ruler.below) == (4, 4)
    assert ruler.labels() == {0: 100.0, 4: 0.0, 8: -100.0}


@pytest.mark.parametrize(("value", "row"), [(0.0, 2), (1.0, 1), (9.0, 0), (-0.5, 3), (-9.0, 3)])
def test_a_value_lies_in_one_row(value: float, row: int) -> None:
    ruler = Ruler(3, 1, 1.0)
    rows = [at for at, floor in enumerate(ruler.floors()) if ruler.is_in(value, floor)]
    assert rows == [row]


def column(value: float, ruler: Ruler) -> str:
    return "".join(filled(value, floor, ruler, BLOCKS) for floor in ruler.floors())


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "    "), (1.0, "   █"), (2.5, " ▄██"), (4.0, "████")]
)
def test_a_value_is_filled_up_to_an_eighth_of_a_row(value: float, text: str) -> None:
    assert column(value, RULER) == text


def test_a_debt_hangs_from_the_line_at_nothing() -> None:
    assert column(-1.5, Ruler(1, 3, 1.0)) == " █▀ "


def test_the_fan_is_shaded_by_how_sure_it_is() -> None:
    shades = [shaded((1.0, 2.0, 3.0), floor, RULER, BLOCKS) for floor in RULER.floors()]
    assert shades == [" ", "░", "▒", "▓"]
    assert shaded((1.0, 2.0, 3.0), -1.0, RULER, BLOCKS) == " "
