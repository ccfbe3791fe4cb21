import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker import money


def test_dollars_have_six_places() -> None:
    assert money.usd(29_071_257) == 58.142514
    assert money.usd(1, 3) == 0.333333


@given(st.integers(-(2**63), 2**63 - 1), st.decimals("0.01", 10**7, places=2))
def test_dollars_are_exact_where_the_unit_is_a_fraction(units: int, unit: Decimal) -> None:
    exact = float(round(Fraction(units) / Fraction(unit), 6))
    assert money.usd(units, float(unit)) == exact


@pytest.mark.parametrize(
    "value",
    [0, -1, -0.5, 1e-7, 2**63, 1e300, math.nan, math.inf, 10**400, True, "500000", None, [1]],
)
def test_units_to_the_dollar_are_a_positive_number(value: object) -> None:
    assert money.as_quota_per_unit(value) is None


def test_units_to_the_dollar_need_not_be_whole() -> None:
    found = [money.as_quota_per_unit(value) for value in (1, 500_000.0, 68493.15, 2**63 - 1)]
    assert list(map(repr, found)) == ["1", "500000", "68493.15", "9223372036854775807"]


def test_units_to_the_dollar_are_read_from_text() -> None:
    found = [money.parse_quota_per_unit(text) for text in ("9007199254740993", "68493.15", "5e5")]
    assert found == [9007199254740993, 68493.15, 500_000]
    for text in ("", "0", "-1", "nan", "inf", "1_000", "true", "1,000", "²"):
        assert money.parse_quota_per_unit(text) is None


def test_a_whole_number_is_an_int_whatever_it_came_as() -> None:
    found = [money.int_if_whole(number) for number in (5, 5.0, Decimal("5.00"), 5.5)]
    assert list(map(repr, found)) == ["5", "5", "5", "5.5"]


@given(st.integers(-(10**12), 10**12))
def test_dollars_and_units_are_each_others_inverse(units: int) -> None:
    assert money.units(money.usd(units)) == units


def test_what_fits_is_what_a_database_keeps() -> None:
    assert all(map(money.fits_int64, (-(2**63), 0, 2**63 - 1)))
    assert not any(map(money.fits_int64, (-(2**63) - 1, 2**63)))
