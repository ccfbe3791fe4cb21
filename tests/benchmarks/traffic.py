"""A made-up account: the same one for the same seed, living up to the moment asked for.

Spend follows the hours of the day and the days of the week, no two alike; credit is
topped up every ten days or so, by about what was spent, so that the balance never ends.
Some requests are in flight at any snapshot, some spend is refunded, the counter is reset
once, and the poller slept through some nights.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
USD = 500_000

_TOP_UP_DAYS = 10
_REFUND_DAYS = 90
_OUTAGE_DAYS = 120
_RESERVE = 40 * USD


@dataclass(frozen=True, slots=True)
class Life:
    """The counters of an account: int64 arrays of equal length, by time (UTC ms) ascending."""

    times: Int64s
    quota: Int64s
    used: Int64s


def live(rows: int, every: int, until: int, seed: int = 0) -> Life:
    """`rows` snapshots, one each `every` ms, the last at `until` (UTC ms)."""
    random = np.random.default_rng(seed)
    times = _polls(rows, every, until, random)
    spent = np.cumsum(_spend(times, random))
    refunded = _refunds(spent, every, random)
    in_flight = np.where(random.random(rows) < 0.05, random.integers(0, USD // 4, rows), 0)
    in_flight[-1] = 0
    used = 10 * USD + spent - refunded
    used[rows // 3 :] -= used[rows // 3 - 1]
    return Life(times, _credit(spent, refunded, every) - spent + refunded - in_flight, used)


def _polls(rows: int, every: int, until: int, random: np.random.Generator) -> Int64s:
    """Even polls, a second late at most, with some outages of nine hours."""
    steps = np.full(rows, every, np.int64)
    steps[_each(rows, every, _OUTAGE_DAYS)] += 9 * HOUR
    times = until - (steps.sum() - np.cumsum(steps))
    late = random.integers(0, 1000, rows)
    late[-1] = 0
    return np.asarray(times - late, np.int64)


def _spend(times: Int64s, random: np.random.Generator) -> Int64s:
    """Units spent before each snapshot: some dollars a day, more by day than by night."""
    hours = times // HOUR % 24
    weekend = (times // DAY + 4) % 7 < 2
    daily = USD * float(random.lognormal(1.5, 1.0))
    usual = np.exp(-0.5 * ((hours - 14) / 4) ** 2) / 10 * np.where(weekend, 0.3, 1.0)
    mood = np.repeat(random.lognormal(0, 0.4, len(times) // 60 + 1), 60)[: len(times)]
    lengths = np.diff(times, prepend=times[0]) / HOUR
    spend: Int64s = (daily * usual * mood * np.minimum(lengths, 1)).astype(np.int64)
    return spend


def _refunds(spent: Int64s, every: int, random: np.random.Generator) -> Int64s:
    """Units given back so far: a failed task's worth now and then."""
    back = np.zeros(len(spent), np.int64)
    at = _each(len(spent), every, _REFUND_DAYS)
    back[at] = random.integers(USD // 10, USD // 2, len(at))
    return np.cumsum(back)


def _credit(spent: Int64s, refunded: Int64s, every: int) -> Int64s:
    """Units paid in so far: each time whole dollars, about what goes until the next time."""
    taken = spent - refunded
    at = np.concatenate(([0], _each(len(spent), every, _TOP_UP_DAYS)))
    until = np.append(at[1:], len(spent) - 1)
    paid = np.zeros(len(spent), np.int64)
    paid[at] = (taken[until] - taken[at]) // USD * USD + 2 * USD
    paid[0] += _RESERVE
    return np.cumsum(paid)


def _each(rows: int, every: int, days: int) -> Int64s:
    """The indices of the snapshots each so many days apart, none of them among the first."""
    step = days * DAY // every + 7
    return np.arange(step, rows - 1, step, dtype=np.int64)
