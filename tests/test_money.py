from hypothesis import given
from hypothesis import strategies as st

from usage_tracker import money


def test_dollars_have_six_places() -> None:
    assert money.usd(29_071_257) == 58.142514
    assert money.usd(1, 3) == 0.333333


@given(st.integers(-(10**12), 10**12))
def test_dollars_and_units_are_each_others_inverse(units: int) -> None:
    assert money.units(money.usd(units)) == units


def test_what_fits_is_what_a_database_keeps() -> None:
    assert all(map(money.fits_int64, (-(2**63), 0, 2**63 - 1)))
    assert not any(map(money.fits_int64, (-(2**63) - 1, 2**63)))
