import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.ledger.arrays import saturating_difference, saturating_sum
from usage_tracker.money import LARGEST, SMALLEST, clamp_int64

NUMBERS = st.sampled_from([SMALLEST, -1, 0, 1, LARGEST]) | st.integers(SMALLEST, LARGEST)


@given(st.lists(st.tuples(NUMBERS, NUMBERS)))
def test_sums_and_differences_end_at_64_bits_and_never_wrap(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, np.int64).reshape(-1, 2).T
    assert saturating_sum(a, b).tolist() == [clamp_int64(x + y) for x, y in pairs]
    assert saturating_difference(a, b).tolist() == [clamp_int64(x - y) for x, y in pairs]
