import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render import sample
from tests.render.account import AS_OF
from usage_tracker.render.chart_data.balance import burn_down
from usage_tracker.render.terminal import burndown
from usage_tracker.render.terminal.charset import ASCII, BLOCKS, Charset
from usage_tracker.render.terminal.charts import (
    Scale,
    Timeline,
    bar,
    estimated_bar,
    filled,
    shaded,
    sparkline,
)
from usage_tracker.reporting.model import AccountReport, Report

VALUES = st.lists(st.floats(-1e12, 1e12), max_size=10)
SCALE = Scale(4, 0, 1.0)


@given(VALUES, st.integers(4, 12))
def test_every_value_finds_room_on_the_ruler(values: list[float], rows: int) -> None:
    scale = Scale.of(values, rows)
    assert rows - 2 <= scale.above + scale.below == len(scale.floors()) <= rows + 1
    assert all(
        -scale.below * scale.step - 1e-6 <= v * (1 - 1e-9) <= scale.above * scale.step + 1e-6
        for v in values
    )


@given(st.floats(0.01, 1e12))
def test_no_more_than_a_third_of_the_chart_is_empty(size: float) -> None:
    scale = Scale.of([size], 8)
    assert scale.above * scale.step <= 1.51 * size


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
    assert [*Scale.of(values, 8).labels().values()] == labels


def test_a_scale_has_room_for_debts_below_zero() -> None:
    scale = Scale.of([100.0, -100.0], 8)
    assert (scale.above, scale.below) == (4, 4)
    assert scale.labels() == {0: 100.0, 4: 0.0, 8: -100.0}


@pytest.mark.parametrize(("value", "row"), [(0.0, 2), (1.0, 1), (9.0, 0), (-0.5, 3), (-9.0, 3)])
def test_a_value_lies_in_one_row(value: float, row: int) -> None:
    scale = Scale(3, 1, 1.0)
    rows = [at for at, floor in enumerate(scale.floors()) if scale.is_in(value, floor)]
    assert rows == [row]


def column(value: float, scale: Scale) -> str:
    return "".join(filled(value, floor, scale, BLOCKS) for floor in scale.floors())


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "    "), (1.0, "   █"), (2.5, " ▄██"), (4.0, "████")]
)
def test_a_value_is_filled_up_to_an_eighth_of_a_row(value: float, text: str) -> None:
    assert column(value, SCALE) == text


def test_a_debt_hangs_from_the_zero_line() -> None:
    assert column(-1.5, Scale(1, 3, 1.0)) == " █▀ "


def test_the_fan_is_shaded_by_how_sure_it_is() -> None:
    shades = [shaded((1.0, 2.0, 3.0), floor, SCALE, BLOCKS) for floor in SCALE.floors()]
    assert shades == [" ", "░", "▒", "▓"]
    assert shaded((1.0, 2.0, 3.0), -1.0, SCALE, BLOCKS) == " "


CHARSETS = st.sampled_from((BLOCKS, ASCII))


@given(st.floats(0, 2), st.integers(1, 60), CHARSETS)
def test_a_bar_keeps_within_its_width_and_is_empty_for_zero_only(
    share: float, width: int, charset: Charset
) -> None:
    for drawn in (bar(share, width, charset), estimated_bar(share, width, charset)):
        assert len(drawn) <= width
        assert bool(drawn) == (share > 0)


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, ""), (0.5, "██"), (0.53, "██▏"), (1.0, "████"), (0.0001, "▏")]
)
def test_a_bar_is_drawn_in_eighths(share: float, text: str) -> None:
    assert bar(share, 4, BLOCKS) == text


def test_an_estimated_bar_looks_different() -> None:
    assert estimated_bar(0.5, 4, BLOCKS) == "▒▒"
    assert estimated_bar(0.5, 4, ASCII) == "=="


def test_a_sparkline_draws_unknown_zero_and_little_differently() -> None:
    assert sparkline([None, 0.0, 0.001, 1.0], BLOCKS) == " ▁▂█"
    assert sparkline([None, 0.0, 0.001, 1.0], ASCII) == " _17"


def test_a_sparkline_of_zeros_is_flat() -> None:
    assert sparkline([0.0, 0.0, None], BLOCKS) == "▁▁ "
    assert sparkline([None], BLOCKS) == " "


LIVED_IN = sample.lived_in()
(ACCOUNT,) = LIVED_IN.accounts


def axis(report: Report, account: AccountReport) -> Timeline:
    made = burndown.timeline(report, account, 60)
    assert made is not None
    return made


def test_values_between_points_are_interpolated_and_outside_unknown() -> None:
    line = Timeline(0.0, 10.0, 10)
    assert line.sample([(2.0, 0.0), (6.0, 40.0)]) == [
        None, 0.0, 5.0, 15.0, 25.0, 35.0, 40.0, None, None, None,
    ]  # fmt: skip
    assert line.sample([]) == [None] * 10


def test_a_column_is_covered_by_at_least_half() -> None:
    line = Timeline(0.0, 4.0, 4)
    assert line.covered([(0.5, 1.0), (1.6, 2.9)]) == [True, False, True, False]


def test_nothing_is_interpolated_across_the_unknown() -> None:
    line = Timeline(0.0, 4.0, 4)
    assert line.sample([(0.0, 1.0), (1.0, None), (3.0, 5.0), (4.0, 5.0)]) == [None, None, None, 5.0]


def test_the_chart_reaches_a_little_beyond_the_latest_depletion() -> None:
    line = axis(LIVED_IN, ACCOUNT)
    assert line.start == LIVED_IN.since.timestamp()
    assert ACCOUNT.depletion.high is not None
    assert line.column(ACCOUNT.depletion.high) < line.columns


def test_the_chart_ends_where_the_other_charts_do() -> None:
    report = sample.several()
    seen = [account for account in report.accounts if account.balance]
    for account in seen:
        assert axis(report, account).end == burn_down(report, account).end


def test_without_a_fan_the_chart_ends_now() -> None:
    report = sample.idle()
    assert axis(report, report.accounts[0]).end == AS_OF.timestamp()


def test_without_a_fine_history_the_balance_is_read_from_the_periods() -> None:
    coarse = replace(ACCOUNT, burn_down=())
    knots = burndown.past_balance(LIVED_IN, coarse)
    assert knots[0] == (LIVED_IN.since.timestamp(), 319.995)
    assert knots[-1] == (LIVED_IN.until.timestamp(), 125.48047)
    assert len(knots) == 1 + len(ACCOUNT.periods)


def test_a_single_point_makes_no_chart() -> None:
    point = replace(ACCOUNT, burn_down=ACCOUNT.burn_down[:1])
    assert burndown.timeline(LIVED_IN, point, 60) is None
    empty = sample.no_snapshots()
    assert burndown.timeline(empty, empty.accounts[0], 60) is None


def test_columns_are_half_open() -> None:
    line = Timeline(0.0, 10.0, 10)
    at = dt.datetime.fromtimestamp(3, dt.UTC)
    assert line.column(at) == 3
    assert line.edge(3) == 3.0
