"""The hours of the week: what each costs on average, in dollars."""

import math

from usage_tracker.reporting.model import AccountReport

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# 7 rows, Monday first, of 24 cells; None where the mean is not known.
Week = tuple[tuple[float | None, ...], ...]


def week(account: AccountReport) -> Week:
    """The mean dollars an hour of `account`'s weekdays; empty where no hour is known."""
    if all(units is None for day in account.heat for units in day):
        return ()
    unit = account.quota_per_unit
    return tuple(tuple(None if u is None else u / unit for u in day) for day in account.heat)


def highest(hours: Week) -> float:
    """The dollars of the dearest hour."""
    return max((usd for day in hours for usd in day if usd is not None), default=0.0)


def strength(usd: float, top: float) -> float:
    """How strongly an hour is coloured, from 0 to 1.

    By the square root: spend comes in bursts, and one must not make all else look like nothing.
    """
    return math.sqrt(min(max(usd / top, 0.0), 1.0)) if top > 0 else 0.0
