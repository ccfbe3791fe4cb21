"""What a rule finds: a level, why, and the figure behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

PLACES = 6
"""The decimals of a dollar that are kept: a call may cost less than a cent."""

Rule = Literal["days", "balance", "budget", "spike", "stale"]


class Level(IntEnum):
    """How bad it is; the values are the exit codes of a Nagios plug-in."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its limits as ranges of the plug-in conventions (`7:` alerts below 7)."""

    value: float | None
    unit: Literal["", "s"] = ""
    warning: str = ""
    critical: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What `rule` says now.

    `level` is judged by the thresholds themselves; `hold` by slacker ones: a state
    that is already as bad as `hold` stays there, so that a figure which wavers
    around its threshold is not told again and again. What wavers more must speak for
    another state for some time, `worsens_after` or `improves_after` (ms), before it
    counts. `text` says why, in words.
    """

    rule: Rule
    level: Level
    hold: Level
    text: str
    measure: Measure
    worsens_after: int = 0
    improves_after: int = 0


def figure(value: float) -> str:
    """`value` for a machine: at most six decimals, and none that say nothing."""
    return f"{round(value, PLACES) + 0.0:.{PLACES}f}".rstrip("0").rstrip(".")


def gravity(level: Level) -> int:
    """The place of `level` among them: ok, unknown, warning, critical."""
    return (Level.OK, Level.UNKNOWN, Level.WARNING, Level.CRITICAL).index(level)


def worst(levels: Iterable[Level]) -> Level:
    """The gravest of `levels`; of none, UNKNOWN."""
    return max(levels, key=gravity, default=Level.UNKNOWN)
