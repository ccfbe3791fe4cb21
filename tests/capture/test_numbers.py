import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.capture.numbers import whole

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(INT64)
def test_whole_numbers_of_64_bits_are_themselves_as_numbers_and_as_digits(number: int) -> None:
    assert whole(number) == number
    assert whole(str(number)) == number


@given(st.integers(-(2**53), 2**53))
def test_integral_floats_are_taken_as_far_as_they_are_exact(number: int) -> None:
    assert whole(float(number)) == number


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
def test_what_does_not_fit_64_bits_is_refused(number: int) -> None:
    assert whole(number) is None
    assert whole(str(number)) is None


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0.5, 2.0**53 + 2, float("nan"), float("inf"), float("-inf")),
        *(
            "",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x10",
            "1_000",
            "\uff11",
            "--1",
            "+",
            "+5",
            "0" * 21,
            b"1",
        ),
        *([], [1], {}, {"quota": 1}),
    ],
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    assert whole(value) is None
