import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forecast.samples import START, crowded_histories, readings, shifted, steady
from usage_tracker.ledger import build as ledger
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.confirmation import Step, confirmed
from usage_tracker.times import HOUR, MINUTE

DOLLAR = 500_000


def events_as_seen(history: SnapshotArrays, hours: float) -> list[tuple[str, int, bool]]:
    """The events that are known at so many hours after the start: kind, quota, confirmed."""
    seen = ledger.build_ledger(history.until(START + int(hours * HOUR))).events
    return [(event.kind, event.quota, event.confirmed) for event in seen]


@given(crowded_histories(), st.integers(1, 8))
def test_a_confirmed_event_stands_in_all_that_is_reported_later(
    history: SnapshotArrays, every: int
) -> None:
    known = set(ledger.build_ledger(history[:0]).events)
    for cut in [*range(every, len(history), every), len(history)]:
        events = ledger.build_ledger(history[:cut]).events
        assert known <= set(events)
        known.update(event for event in events if event.confirmed)


def test_a_fall_that_may_still_come_back_keeps_the_deeper_one_after_it_open() -> None:
    rows = shifted(steady(96, every=30 * MINUTE), 20, quota=-20 * DOLLAR)
    rows = shifted(shifted(rows, 22, quota=20 * DOLLAR), 40, quota=-5 * DOLLAR)
    history = readings(shifted(rows, 48, quota=-50 * DOLLAR))
    assert events_as_seen(history, 60) == [("adjustment", -55 * DOLLAR, False)]
    assert events_as_seen(history, 70) == [
        ("adjustment", -5 * DOLLAR, True),
        ("adjustment", -50 * DOLLAR, True),
    ]


def test_a_gap_is_open_while_its_counter_that_fell_may_be_a_refund() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(60, per_hour=0)]
    rows = [row for row in rows if not 40 * HOUR < row[0] < 49 * HOUR]
    history = readings(shifted(shifted(rows, 49, used=-80 * DOLLAR), 49.1, quota=80 * DOLLAR))
    assert ("gap", 10 * DOLLAR, False) in events_as_seen(history, 49)
    assert ("gap", 0, True) in events_as_seen(history, 49.5)


def step(at: int, moved: int, open_until: int) -> Step:
    return Step(at - 1, at, DOLLAR, whole=True, moved=moved, open_until=open_until)


def test_two_rises_at_one_snapshot_are_one_and_open_until_both_are_final() -> None:
    rises = [step(5, 10, 20), step(5, 15, 30)]
    assert [(s.size, s.confirmed) for s in confirmed(rises, 29)] == [(2 * DOLLAR, False)]
    assert [(s.size, s.confirmed) for s in confirmed(rises, 30)] == [(2 * DOLLAR, True)]


def test_a_rise_found_after_the_one_of_its_snapshot_was_final_comes_a_snapshot_later() -> None:
    rises = [step(5, 10, 20), step(5, 21, 30)]
    assert [(s.after, s.at, s.confirmed) for s in confirmed(rises, 25)] == [
        (4, 5, True),
        (5, 6, False),
    ]


@pytest.mark.parametrize(("last", "final"), [(0, True), (-DOLLAR, False)])
def test_a_step_whose_hours_end_at_a_counter_that_fell_is_open(last: int, *, final: bool) -> None:
    rows = shifted(steady(37, every=HOUR, per_hour=0), 30, quota=20 * DOLLAR)
    rows = shifted([(t, q, u + 90 * DOLLAR) for t, q, u in rows], 37, used=last)
    (top_up,) = (e for e in ledger.build_ledger(readings(rows)).events if e.kind == "top_up")
    assert top_up.confirmed == final
