"""When a balance runs out, in figures: alike wherever they are a table.

Of a balance that is used up there is nothing to tell. Moments less than two days ahead are
told to ten minutes, later ones by the day.
"""

import datetime as dt
from collections.abc import Iterator

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Chance, Depletion
from usage_tracker.forecast.describe import SOON, coarse
from usage_tracker.render.calendar import Calendar


def moments(depletion: Depletion) -> Iterator[tuple[str, dt.datetime]]:
    """The names of the known ends, the early one first, and when they are."""
    if depletion.state == "depleted":
        return
    outside = (1 - depletion.level) / 2
    ends = (
        (f"{formatting.percent(outside, 1)} by", depletion.low),
        ("even odds by", depletion.median),
        (f"{formatting.percent(1 - outside, 1)} by", depletion.high),
        ("straight line", depletion.linear),
    )
    yield from ((name, at) for name, at in ends if at is not None)


def chances(depletion: Depletion) -> tuple[Chance, ...]:
    """The chances of running out within some days."""
    return () if depletion.state == "depleted" else depletion.probability


def within(chance: Chance) -> str:
    """`within 7 days`, the name of a chance."""
    return f"within {formatting.counted(chance.days, 'day')}"


def tell(at: dt.datetime, calendar: Calendar) -> str:
    """An end no finer than it is worth: `Thu 26 Nov 22:30`, `Wed 9 Dec`."""
    return calendar.minute(coarse(at)) if at - calendar.now < SOON else calendar.day(at)
