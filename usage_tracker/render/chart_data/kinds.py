"""The kinds of charts, and what of a report each shows."""

from typing import Final, Literal

from usage_tracker.reporting.model import Detail

Kind = Literal["overview", "balance", "spend", "heat"]

_BALANCE = Detail.DEPLETION | Detail.FAN | Detail.BURN_DOWN
DETAILS: Final[dict[Kind, Detail]] = {
    "overview": _BALANCE | Detail.HEAT,
    "balance": _BALANCE,
    "spend": Detail.NONE,
    "heat": Detail.HEAT,
}
"""The details of a report that each kind of chart shows."""
