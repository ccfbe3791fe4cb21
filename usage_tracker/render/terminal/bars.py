"""Bars and sparklines: a number as a length of characters."""

from collections.abc import Sequence

from usage_tracker.render.terminal.charset import Ink


def bar(share: float, width: int, ink: Ink) -> str:
    """A bar as long as `share` (0 to 1) of `width` cells; something for all that is not nothing."""
    levels = len(ink.bar)
    steps = round(min(max(share, 0.0), 1.0) * width * levels)
    if share > 0:
        steps = max(steps, 1)
    whole, rest = divmod(steps, levels)
    return ink.bar[-1] * whole + (ink.bar[rest - 1] if rest else "")


def guessed_bar(share: float, width: int, ink: Ink) -> str:
    """The same for a number that is estimated: a paler bar, in whole cells."""
    return ink.guessed * (max(round(min(share, 1.0) * width), 1) if share > 0 else 0)


def sparkline(values: Sequence[float | None], ink: Ink) -> str:
    """One character a value: the lowest is kept for nothing, unknown is left blank."""
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(_spark(value, top, ink.spark) for value in values)


def _spark(value: float | None, top: float, levels: str) -> str:
    if value is None:
        return " "
    if value <= 0:
        return levels[0]
    return levels[max(round(value / top * (len(levels) - 1)), 1)]
