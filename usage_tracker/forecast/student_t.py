"""Student's t distribution with four degrees of freedom, scaled to a variance of one.

Its tails are heavier than the normal ones, as a variance estimated from few days requires
(Student, The probable error of a mean, Biometrika 1908). With four degrees of freedom both
functions have a closed form (Shaw, Sampling Student's T distribution, Journal of
Computational Finance 2006).
"""

import math

_LEAST_TAIL = 1e-6
"""Probability beyond which a tail is not followed: no history is long enough to show it."""


def cdf(x: float) -> float:
    """Return the probability of a value of at most `x`."""
    s = x / math.hypot(x, math.sqrt(2)) if math.isfinite(x) else math.copysign(1, x)
    return (2 + 3 * s - s**3) / 4


def quantile(p: float) -> float:
    """Return the value that is not exceeded with probability `p`, kept 1e-6 away from 0 and 1."""
    inner = min(max(p, _LEAST_TAIL), 1 - _LEAST_TAIL)
    s = 2 * math.sin(math.asin(2 * inner - 1) / 3)
    return s * math.sqrt(2 / (1 - s**2))
