"""Histories for tests: drawn by hypothesis, written by hand, or lived through."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from usage_tracker.analysis.readings import Readings
from usage_tracker.times import HOUR, MINUTE, SECOND

START = 1_780_000_000_000


def readings(rows: Sequence[tuple[int, int, int]]) -> Readings:
    """Readings from (ms since START, quota, used_quota)."""
    times, quota, used = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Readings(START + times, quota, used)


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
def histories(draw: st.DrawFn, least: int = 0, most: int = 60) -> Readings:
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
    return readings(rows) if rows else Readings(*(np.empty(0, np.int64) for _ in range(3)))
