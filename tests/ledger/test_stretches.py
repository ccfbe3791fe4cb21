import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given

from tests.forecast.samples import diverging_histories, readings, shifted, steady
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.build import Ledger, build_ledger
from usage_tracker.ledger.events import join_stretches
from usage_tracker.times import DAY, HOUR, MINUTE

Rows = list[tuple[int, int, int]]

DOLLAR = 500_000
CADENCES = (10 * MINUTE, HOUR, DAY)


def used_by_day(every: int, days: int, drawn: Callable[[int, int], tuple[int, int]]) -> Rows:
    """Rows of an account that works by day; `drawn` splits a cost into balance and counter."""
    costs, rows, quota, used = random.Random(5), [], 100_000_000, 1_000_000
    for t in range(0, days * DAY + 1, every):
        is_busy = 8 <= t // HOUR % 24 < 20 or every == DAY
        cost = costs.randint(1, max(100_000 * every // (10 * MINUTE), 1)) if is_busy and t else 0
        taken, counted = drawn(cost, t // DAY)
        quota, used = quota - taken, used + counted
        rows.append((t, quota, used))
    return rows


def kinds(ledger: Ledger) -> list[tuple[str, int]]:
    return [(event.kind, event.quota) for event in join_stretches(ledger.events)]


def change(rows: Rows, column: int) -> int:
    return rows[-1][column] - rows[0][column]


@pytest.mark.parametrize("every", CADENCES)
@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_what_leaves_the_balance_uncounted_is_drawn_and_one_event(every: int, share: float) -> None:
    rows = used_by_day(every, 60, lambda cost, _: (cost, int(cost * share)))
    ledger = build_ledger(readings(rows))
    assert kinds(ledger) == [("uncounted", -change(rows, 1) - change(rows, 2))]
    assert ledger.drawn.spent[-1] == -change(rows, 1)
    assert ledger.curve.spent[-1] == change(rows, 2)


@pytest.mark.parametrize("every", CADENCES)
def test_what_somebody_else_pays_is_spend_and_neither_drawn_nor_credit(every: int) -> None:
    rows = used_by_day(every, 60, lambda cost, _: (0, cost))
    ledger = build_ledger(readings(rows))
    assert kinds(ledger) == [("covered", change(rows, 2))]
    assert ledger.drawn.spent.tolist() == [0] * len(rows)


@pytest.mark.parametrize("every", CADENCES)
def test_a_plan_and_the_balance_may_take_turns(every: int) -> None:
    rows = used_by_day(every, 60, lambda cost, day: (cost * (day % 3 == 0), cost))
    ledger = build_ledger(readings(rows))
    assert {kind for kind, _ in kinds(ledger)} == {"covered"}
    assert ledger.drawn.spent[-1] == -change(rows, 1)


@pytest.mark.parametrize("every", CADENCES[:2])
def test_a_plan_bought_from_the_balance_is_an_adjustment(every: int) -> None:
    rows = shifted(used_by_day(every, 60, lambda cost, _: (0, cost)), 300, quota=-5 * DOLLAR)
    ledger = build_ledger(readings(rows))
    assert ("adjustment", -5 * DOLLAR) in kinds(ledger)
    assert {kind for kind, _ in kinds(ledger)} == {"covered", "adjustment"}


def test_a_top_up_in_a_plan_is_whole() -> None:
    rows = shifted(used_by_day(10 * MINUTE, 60, lambda cost, _: (0, cost)), 300.2, quota=9 * DOLLAR)
    assert ("top_up", 9 * DOLLAR) in kinds(build_ledger(readings(rows)))


def test_a_top_up_during_an_uncounted_drain_is_found() -> None:
    rows = used_by_day(10 * MINUTE, 60, lambda cost, _: (cost, cost // 2))
    quiet = 300 + 2  # at night nothing else moves the counters
    ledger = build_ledger(readings(shifted(rows, quiet - quiet % 24 + 2, quota=20 * DOLLAR)))
    assert ("top_up", 20 * DOLLAR) in kinds(ledger)


def test_a_top_up_behind_a_larger_spend_of_the_same_day_is_a_top_up() -> None:
    rows = used_by_day(DAY, 60, lambda cost, _: (cost, cost))
    ledger = build_ledger(readings(shifted(rows, 30 * 24, quota=3 * DOLLAR)))
    assert kinds(ledger) == [("top_up", 3 * DOLLAR)]


@pytest.mark.parametrize("apart", [2, 30])
def test_single_falls_are_adjustments(apart: int) -> None:
    rows = steady(400)
    for n in range(3):
        rows = shifted(rows, 100 + n * apart, quota=-2 * DOLLAR)
    assert {kind for kind, _ in kinds(build_ledger(readings(rows)))} == {"adjustment"}


@pytest.mark.parametrize("first", ["quota", "used"])
def test_counters_that_are_settled_one_after_the_other_are_no_plan(first: str) -> None:
    rows = []
    for n in range(2_000):
        quota_done, used_done = ((n + 1) // 50, n // 50)[:: 1 if first == "quota" else -1]
        rows.append((n * 10 * MINUTE, 10**8 - 7_000 * quota_done, 7_000 * used_done))
    assert kinds(build_ledger(readings(rows))) == []


@given(diverging_histories())
def test_the_balance_is_what_was_credited_less_what_was_drawn(history: SnapshotArrays) -> None:
    ledger = build_ledger(history)
    amounts = dict.fromkeys(("covered", "uncounted"), 0)
    for event in ledger.events:
        if event.kind in amounts:
            amounts[event.kind] += event.quota
            assert event.quota > 0
    assert (ledger.covered[-1], ledger.uncounted[-1]) == tuple(amounts.values())
    assert 0 <= ledger.covered[-1] <= ledger.curve.spent[-1]
    assert (np.diff(ledger.curve.spent) >= 0).all()
