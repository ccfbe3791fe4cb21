"""Histories for tests: drawn by hypothesis, written by hand, or lived through."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND

START = 1_780_000_000_000


def readings(rows: Sequence[tuple[int, int, int]]) -> SnapshotArrays:
    """Readings from (ms since START, quota, used_quota)."""
    times, quota, used = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return SnapshotArrays(START + times, quota, used)


def steady(
    hours: float, *, every: int = 10 * MINUTE, quota: int = 50_000_000, per_hour: int = 60_000
) -> list[tuple[int, int, int]]:
    """Rows of an account that spends evenly and is at rest at each poll."""
    moments = range(0, int(hours * HOUR) + 1, every)
    return [(t, quota - per_hour * t // HOUR, per_hour * t // HOUR) for t in moments]


def shifted(
    rows: Sequence[tuple[int, int, int]], at: float, *, quota: int = 0, used: int = 0
) -> list[tuple[int, int, int]]:
    """The same rows, with the counters moved from `at` hours on."""
    return [(t, q + quota, u + used) if t >= at * HOUR else (t, q, u) for t, q, u in rows]


@st.composite
def histories(draw: st.DrawFn, least: int = 0, most: int = 60) -> SnapshotArrays:
    """Any history: irregular, with all that can happen to the counters, alone or at once."""
    amounts = st.integers(-3_000_000, 40_000_000)
    moves = st.sampled_from(("spend", "spend", "spend", "rest", "top_up", "refund", "reset", "any"))
    now, quota, used = START, draw(amounts), draw(st.integers(0, 10**9))
    rows = []
    for _ in range(draw(st.integers(least, most))):
        now += draw(st.one_of(st.integers(1, 20 * MINUTE), st.integers(SECOND, 60 * HOUR)))
        amount = draw(st.integers(0, 5_000_000))
        match draw(moves):
            case "spend":
                quota, used = quota - amount, used + amount
            case "top_up":
                quota += amount
            case "refund":
                quota, used = quota + amount, used - amount
            case "reset":
                used = draw(st.integers(0, 1000))
            case "any":
                quota, used = draw(amounts), draw(st.integers(-5, 10**9))
            case _:
                pass
        rows.append((now - START, quota, used))
    return readings(rows) if rows else SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3)))


@st.composite
def bursts(draw: st.DrawFn) -> SnapshotArrays:
    """Weeks of polls, some of them dense, with next to no spend but in a few single hours.

    A counter may fall in one of those hours: by a refund, or to nothing.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    length = draw(st.integers(1, 40)) * DAY + draw(st.integers(0, DAY))
    every = max(draw(st.sampled_from((10 * MINUTE, 10 * MINUTE, HOUR, 9 * HOUR))), length // 1500)
    polls = np.arange(0, length, every) + random.integers(
        0, max(every // 4, 2), -(-length // every)
    )
    polls = polls[random.random(len(polls)) >= draw(st.sampled_from((0.0, 0.0, 0.5)))]
    spend = random.random(len(polls)) < draw(st.sampled_from((0.0, 0.0, 0.0, 0.01)))
    moments, amounts = [polls], [spend * random.integers(1, 90_000, len(polls))]
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        start, count = int(random.integers(length)), draw(st.integers(3, 8))
        dense = start + np.sort(
            random.integers(0, draw(st.sampled_from((10 * MINUTE, 20 * MINUTE, HOUR))), count)
        )
        moments.append(dense)
        amounts.append(random.integers(1, 90_000, count) * (np.arange(count) > 0))
    times, first = np.unique(np.concatenate([np.zeros(1, np.int64), *moments]), return_index=True)
    spent = np.cumsum(np.concatenate([np.zeros(1, np.int64), *amounts])[first])
    quota, used = 10**6 - spent, 10**6 + spent
    fall, back = int(random.integers(len(times))), draw(st.sampled_from((0, 0, 0, 50_000, 10**6)))
    used[fall:] -= back
    quota[fall:] += back if back < 10**6 else 0
    return SnapshotArrays(START + times, quota, used)


@st.composite
def regular_histories(draw: st.DrawFn) -> SnapshotArrays:
    """Weeks at a steady interval, with credit, refunds, a reset, dips, spikes and outages."""
    every = draw(st.sampled_from((20 * MINUTE, HOUR, 3 * HOUR, 24 * HOUR)))
    n = draw(st.integers(2, 400))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    spend = random.integers(0, 50_000, n) * (random.random(n) < draw(st.floats(0, 1)))
    used = 10**9 + np.cumsum(spend)
    quota = 10**8 - np.cumsum(spend)
    for _ in range(draw(st.integers(0, 6))):
        at, amount = int(random.integers(n)), int(random.integers(-(10**7), 3 * 10**7))
        quota[at:] += amount
        if random.random() < 0.3:
            used[at:] -= abs(amount) if random.random() < 0.8 else used[at]
    in_flight = random.random(n) < draw(st.floats(0, 0.9))
    quota -= in_flight * random.integers(-20_000, 2_000_000, n)
    times = START + np.arange(n) * every + random.integers(0, 2000, n)
    kept = random.random(n) >= draw(st.sampled_from((0.0, 0.0, 0.3)))
    kept[:1] = True
    outage = int(random.integers(n))
    kept[max(outage, 1) : outage + draw(st.integers(0, 40))] = False
    return SnapshotArrays(*(np.ascontiguousarray(column[kept]) for column in (times, quota, used)))


@st.composite
def diverging_histories(draw: st.DrawFn) -> SnapshotArrays:
    """Weeks in which a plan pays, calls go uncounted, and the clock is wrong, at times."""
    every = draw(st.sampled_from((10 * MINUTE, HOUR, 3 * HOUR, 24 * HOUR)))
    n = draw(st.integers(2, 500))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    spend = random.integers(0, 50_000, n) * (random.random(n) < draw(st.floats(0.1, 1)))
    paid, counted = spend.copy(), spend.copy()
    for _ in range(draw(st.integers(0, 4))):
        start, length = int(random.integers(n)), int(random.integers(1, n + 1))
        stretch = slice(start, start + length)
        if random.random() < 0.5:
            paid[stretch] = 0
        else:
            counted[stretch] = (counted[stretch] * random.choice((0, 0.1, 0.5, 0.9))).astype(int)
    for _ in range(draw(st.integers(0, 3))):
        paid[int(random.integers(n))] += int(random.integers(-(10**7), 2 * 10**6))
    in_flight = (random.random(n) < draw(st.sampled_from((0, 0, 0.1, 0.5)))) * random.integers(
        0, 500_000, n
    )
    times = np.arange(n) * every + random.integers(0, 2000, n)
    rows = np.stack((times, 10**8 - np.cumsum(paid) - in_flight, 10**9 + np.cumsum(counted)))
    kept = random.random(n) >= draw(st.sampled_from((0.0, 0.0, 0.3)))
    kept[:1] = True
    rows = rows[:, kept]
    for _ in range(draw(st.integers(0, 3))):
        stray = rows[:, int(random.integers(rows.shape[1])), np.newaxis].copy()
        stray[0] = abs(stray[0] + int(random.integers(-40, 40)) * HOUR + 1)
        rows = np.concatenate((rows, stray), axis=1)
    _, order = np.unique(rows[0], return_index=True)
    times, quota, used = rows[:, order]
    return SnapshotArrays(START + times, quota, used)


@st.composite
def crowded_histories(draw: st.DrawFn) -> SnapshotArrays:
    """Days in which the level moves every few hours, between dips that last and dips that vary."""
    every = draw(st.sampled_from((10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR)))
    n = draw(st.integers(60, 150))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    total = np.full(n, 50_000_000)
    for _ in range(draw(st.integers(1, 8))):
        total[int(random.integers(n)) :] += int(random.integers(-2_000_000, 3_000_000))
    depths = np.concatenate((np.zeros(3, np.int64), random.integers(1, 30_000_000, 3)))
    spell = draw(st.integers(1, 14))
    total -= np.repeat(random.choice(depths, n // spell + 1), spell)[:n]
    total -= (random.random(n) < draw(st.floats(0, 1))) * random.integers(0, 2_000_000, n)
    spend = np.cumsum(random.integers(0, 50_000, n)) * draw(st.sampled_from((0, 1)))
    outages = (random.random(n) < 0.05) * random.integers(0, 20 * HOUR, n)
    return SnapshotArrays(START + np.cumsum(every + outages), total - spend, 10**9 + spend)
