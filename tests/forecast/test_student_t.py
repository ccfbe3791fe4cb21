import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.forecast.student_t import cdf, quantile

# Quantiles of Student's t with four degrees of freedom, from a table.
TABLE = {0.75: 0.741, 0.9: 1.533, 0.95: 2.132, 0.975: 2.776, 0.995: 4.604, 0.9995: 8.610}


@pytest.mark.parametrize(("p", "t"), TABLE.items())
def test_quantiles_are_those_of_the_table_at_variance_one(p: float, t: float) -> None:
    assert quantile(p) == pytest.approx(t / math.sqrt(2), abs=1e-3)
    assert quantile(1 - p) == pytest.approx(-t / math.sqrt(2), abs=1e-3)


@given(st.floats(1e-5, 1 - 1e-5))
def test_the_probability_of_a_quantile_is_its_own(p: float) -> None:
    assert cdf(quantile(p)) == pytest.approx(p, rel=1e-6)


def test_the_median_is_zero_and_the_variance_one() -> None:
    assert quantile(0.5) == 0
    sample = np.array([quantile(p) for p in (np.arange(200_000) + 0.5) / 200_000])
    assert sample.var() == pytest.approx(1, abs=0.02)


def test_the_ends_are_sure_and_every_quantile_is_finite() -> None:
    assert [cdf(x) for x in (-math.inf, -1e200, 1e200, math.inf)] == [0, 0, 1, 1]
    assert -40 < quantile(1e-300) < -20
    assert quantile(1 - 1e-16) == pytest.approx(-quantile(1e-300))
