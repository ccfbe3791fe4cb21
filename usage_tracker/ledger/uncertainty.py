"""When spend or a rate is too uncertain to be shown as known.

For a report's DataFrames and, without pandas, for `tracker status`: the arguments may be
numbers or Series.
"""

from typing import Any, Final

LONGEST: Final = 1.25
"""An interval of more than so many periods says too little of when its spend happened."""

_LEAST_KNOWN: Final = 0.5
_MOST_IN_DOUBT: Final = 0.25


def is_rate_known(known: Any, in_doubt: Any, drawn: Any) -> Any:
    """Return whether what is drawn per day is known.

    Args:
        known: The share of its window from the first to the last snapshot; at least half.
        in_doubt: The units that uncertain intervals at the edges could add or take; at most
            a quarter of `drawn`.
        drawn: The units drawn from the balance in the window.
    """
    return (known >= _LEAST_KNOWN) & (in_doubt <= _MOST_IN_DOUBT * drawn)
