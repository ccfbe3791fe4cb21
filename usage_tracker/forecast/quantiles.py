"""Probabilities as people ask for them, and the quantiles they mean.

An interval of probability `level` leaves as much below it as above.
"""

from usage_tracker.errors import MisuseError


class UnlikelyLevelError(MisuseError):
    """A probability that is none, or is certainty."""

    def __init__(self, p: float) -> None:
        super().__init__(f"{p:g} is no probability to work with: use one between 0 and 1, as 0.8")


def checked(p: float) -> float:
    """`p` itself, a probability that is neither 0 nor 1 nor too near 1 to be told from it."""
    if not 0 < p < (1 + p) / 2 < 1:
        raise UnlikelyLevelError(p)
    return p


def tails(level: float) -> tuple[float, float]:
    """The quantiles at which an interval of probability `level` begins and ends."""
    return (1 - checked(level)) / 2, (1 + level) / 2
