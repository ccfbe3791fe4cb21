import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.forecast.samples import (
    START,
    diverging_histories,
    histories,
    readings,
    regular_histories,
    shifted,
    steady,
)
from usage_tracker.ledger import build
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.events import Event
from usage_tracker.ledger.gaps import gaps
from usage_tracker.times import DAY, HOUR, MINUTE

Rows = list[tuple[int, int, int]]

DOLLAR = 500_000


def happened(rows: Rows) -> list[tuple[str, int]]:
    return [(event.kind, event.quota) for event in build.build_ledger(readings(rows)).events]


def test_steady_spend_is_no_event() -> None:
    ledger = build.build_ledger(readings(steady(48)))
    assert ledger.events == ()
    assert ledger.curve.spent[-1] == 48 * 60_000


def test_a_top_up_that_comes_with_spend_is_told_whole_and_hides_none() -> None:
    rows = shifted(steady(48), 20, quota=20 * DOLLAR)
    ledger = build.build_ledger(readings(rows))
    assert [(e.kind, e.quota, e.confirmed) for e in ledger.events] == [
        ("top_up", 20 * DOLLAR, True)
    ]
    assert ledger.events[0].at == START + 20 * HOUR
    assert ledger.events[0].after == START + 20 * HOUR - 10 * MINUTE
    assert ledger.curve.spent[-1] == 48 * 60_000


def test_a_top_up_just_seen_is_told_at_once_but_not_confirmed() -> None:
    rows = shifted(steady(48), 48, quota=20 * DOLLAR)
    assert [(e.quota, e.confirmed) for e in build.build_ledger(readings(rows)).events] == [
        (20 * DOLLAR, False)
    ]


@pytest.mark.parametrize("hours", [0.5, 2, 5.5])
def test_a_fall_is_in_flight_until_it_has_stayed(hours: float) -> None:
    lowered = shifted(steady(48), 48 - hours, quota=-5 * DOLLAR)
    assert happened(lowered) == []


def test_a_fall_that_stays_is_an_adjustment() -> None:
    assert happened(shifted(steady(48), 20, quota=-5 * DOLLAR)) == [("adjustment", -5 * DOLLAR)]


@pytest.mark.parametrize("every", [MINUTE, 10 * MINUTE, HOUR])
@pytest.mark.parametrize("hours", [7, 8, 9.5, 11, 12, 13, 20, 30])
def test_a_fall_that_has_stayed_does_not_come_back(every: int, hours: float) -> None:
    lowered = shifted(steady(72, every=every), 72 - hours, quota=-30 * DOLLAR)
    assert happened(lowered) == [("adjustment", -30 * DOLLAR)]
    refilled = shifted(lowered, 71, quota=10 * DOLLAR)
    assert happened(refilled) == [("adjustment", -30 * DOLLAR), ("top_up", 10 * DOLLAR)]


@pytest.mark.parametrize(("hours", "expected"), [(7, 0), (23.5, 0), (24, 1), (30, 1)])
def test_a_fall_no_deeper_than_the_usual_dips_is_an_adjustment_after_a_day(
    hours: float, expected: int
) -> None:
    dipped = shifted(shifted(steady(60 + hours), 50, quota=-10 * DOLLAR), 51, quota=10 * DOLLAR)
    lowered = shifted(dipped, 60, quota=-2 * DOLLAR)
    assert happened(lowered) == [("adjustment", -2 * DOLLAR)] * expected


@pytest.mark.parametrize(("cents", "expected"), [(-4, []), (-6, ["adjustment"])])
def test_between_levels_that_never_recur_a_fall_of_more_than_five_cents_is_an_adjustment(
    cents: int, expected: list[str]
) -> None:
    restless = [(t, q - 1_000 - n * 7_919 % 4_001, u) for n, (t, q, u) in enumerate(steady(96))]
    rows = shifted(restless, 40, quota=cents * 5_000)
    assert [kind for kind, _ in happened(rows)] == expected


def test_a_dip_that_comes_back_is_no_event_however_deep() -> None:
    rows = shifted(shifted(steady(48), 20, quota=-30 * DOLLAR), 21, quota=30 * DOLLAR)
    assert happened(rows) == []


def test_a_spike_that_comes_back_is_no_event() -> None:
    rows = shifted(shifted(steady(48), 20, used=DOLLAR), 20.1, used=-DOLLAR)
    spikes = [event for event in happened(rows) if event[0] in {"top_up", "adjustment", "reset"}]
    assert spikes == []


def test_a_refund_lowers_the_counter_and_raises_the_balance() -> None:
    rows = shifted(steady(48, per_hour=0), 20, quota=DOLLAR, used=-DOLLAR)
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in rows]
    assert happened(rows) == [("refund", DOLLAR)]


@pytest.mark.parametrize("first", ["quota", "used"])
def test_a_refund_written_in_two_polls_is_still_a_refund(first: str) -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48)]
    one, other = (20.0, 20.1) if first == "quota" else (20.1, 20.0)
    rows = shifted(shifted(rows, one, quota=2 * DOLLAR), other, used=-2 * DOLLAR)
    assert [kind for kind, _ in happened(rows)] == ["refund"]


def test_a_refund_beside_a_top_up_is_both() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48, per_hour=0)]
    rows = shifted(rows, 20, quota=21 * DOLLAR, used=-DOLLAR)
    assert sorted(happened(rows)) == [("refund", DOLLAR), ("top_up", 20 * DOLLAR)]


@pytest.mark.parametrize("seen", [0, 4_000, 10_000])
def test_a_reset_hides_no_spend_that_the_balance_shows(seen: int) -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48)]
    rows = shifted(rows, 20, used=-90 * DOLLAR - 20 * 60_000 + seen)
    ledger = build.build_ledger(readings(rows))
    assert [event.kind for event in ledger.events] == ["reset"]
    assert ledger.curve.spent[-1] == 48 * 60_000


def test_after_a_reset_beside_a_top_up_the_counter_itself_is_the_spend() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48)]
    rows = shifted(rows, 20, quota=20 * DOLLAR, used=-90 * DOLLAR - 20 * 60_000)
    ledger = build.build_ledger(readings(rows))
    assert ledger.curve.spent[-1] == 48 * 60_000 - 10_000
    assert [event.kind for event in ledger.events] == ["reset", "top_up"]


def test_what_a_reset_takes_beyond_the_usual_spend_is_an_adjustment() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48)]
    rows = shifted(rows, 20, quota=-9 * DOLLAR, used=-90 * DOLLAR - 20 * 60_000)
    assert [kind for kind, _ in happened(rows)] == ["adjustment", "reset"]


def test_requests_open_when_the_history_begins_are_no_credit() -> None:
    for late in (1, 3):
        rows = [(t, q - 59_115 * (n < late), u) for n, (t, q, u) in enumerate(steady(48))]
        assert happened(rows) == []


def test_a_large_rise_before_the_account_was_seen_at_rest_is_never_confirmed() -> None:
    rows = shifted(steady(96), 0.1, quota=10 * DOLLAR)
    assert [(e.kind, e.quota, e.confirmed) for e in build.build_ledger(readings(rows)).events] == [
        ("top_up", 10 * DOLLAR, False)
    ]


@pytest.mark.parametrize("per_hour", [0, 60_000])
def test_a_credit_and_the_deduction_seen_after_it_are_both_shown(per_hour: int) -> None:
    rows = shifted(steady(48, per_hour=per_hour), 20, quota=3 * DOLLAR)
    assert happened(shifted(rows, 20.1, quota=-3 * DOLLAR // 2)) == [
        ("top_up", 3 * DOLLAR),
        ("adjustment", -3 * DOLLAR // 2),
    ]


def test_a_reset_in_a_short_interval_has_the_spend_of_a_time_as_short() -> None:
    rows = [(t, q, u + 90 * DOLLAR) for t, q, u in steady(48, per_hour=600_000)]
    (t, q, u), rows = rows[-1], rows[:-1]
    rows += [(t - 9 * MINUTE, q + 90_000 - DOLLAR, 0)]
    (reset,) = (e for e in build.build_ledger(readings(rows)).events if e.kind == "reset")
    assert reset.quota - u <= -60_000


def busy(rows: Rows, since: float, until: float) -> Rows:
    """The rows with something in flight all the time between two hours, never twice the same."""
    return [
        (t, q - 60_000 - n * 7_919 % 400_009 if since * HOUR < t < until * HOUR else q, u)
        for n, (t, q, u) in enumerate(rows)
    ]


def test_a_top_up_that_no_rest_follows_is_told_where_it_was_seen() -> None:
    rows = busy(shifted(steady(96), 33, quota=40 * DOLLAR), 32, 48)
    rows = [row for row in rows if not 30 * HOUR < row[0] < 39 * HOUR]
    (event,) = (e for e in build.build_ledger(readings(rows)).events if e.kind == "top_up")
    assert (event.after, event.at) == (START + 30 * HOUR, START + 39 * HOUR)


def test_a_batch_after_quiet_days_is_no_adjustment() -> None:
    assert happened(busy(steady(120), 72, 82)) == []


def test_a_counter_that_is_corrected_by_a_little_is_no_lifetime_of_spend() -> None:
    rows = shifted([(t, q, u + 574 * DOLLAR) for t, q, u in steady(48)], 20, used=-DOLLAR)
    ledger = build.build_ledger(readings(rows))
    assert [event.kind for event in ledger.events] == ["reset"]
    assert ledger.curve.spent[-1] == 48 * 60_000 - 10_000


def test_two_steps_seen_at_one_snapshot_are_one_event() -> None:
    rows = shifted(
        shifted(steady(96, every=30 * MINUTE), 30, quota=-5 * DOLLAR), 38, quota=50 * DOLLAR
    )
    events = build.build_ledger(readings(rows)).events
    assert len({(event.at, event.kind) for event in events}) == len(events)
    assert sum(event.quota for event in events) == 45 * DOLLAR


def test_an_expiry_and_a_top_up_two_hours_later_are_two_events() -> None:
    rows = shifted(shifted(steady(48), 20, quota=-15 * DOLLAR), 22, quota=20 * DOLLAR)
    assert happened(rows) == [("adjustment", -15 * DOLLAR), ("top_up", 20 * DOLLAR)]


def test_the_largest_numbers_are_only_numbers() -> None:
    ledger = build.build_ledger(readings([(0, 2**63 - 1, 2**63 - 1), (DAY, -(2**63), 2**63 - 1)]))
    assert ledger.curve.spent.tolist() == [0, 0]
    assert ledger.events == ()


def test_a_negative_balance_is_a_balance() -> None:
    assert happened(shifted(steady(48, quota=-DOLLAR), 20, quota=5 * DOLLAR)) == [
        ("top_up", 5 * DOLLAR)
    ]


def test_an_outage_is_a_gap_and_what_happened_in_it_is_found() -> None:
    rows = shifted(steady(72), 33, quota=50 * DOLLAR)
    rows = [row for row in rows if not 30 * HOUR < row[0] < 39 * HOUR]
    ledger = build.build_ledger(readings(rows))
    assert [(e.kind, e.quota) for e in ledger.events] == [
        ("gap", 9 * 60_000),
        ("top_up", 50 * DOLLAR),
    ]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([10 * MINUTE] * 30 + [59 * MINUTE, 61 * MINUTE], [32]),
        ([HOUR] * 30 + [3 * HOUR, 3 * HOUR + 1], [32]),
        ([DAY] * 30 + [2 * DAY, 4 * DAY], [32]),
        ([DAY, 10 * MINUTE, 10 * MINUTE, 61 * MINUTE], [4]),
        ([30 * MINUTE, HOUR] * 15 + [135 * MINUTE], []),
        ([30 * MINUTE, HOUR] * 15 + [135 * MINUTE + 1], [31]),
    ],
)
def test_a_gap_is_longer_than_an_hour_and_than_three_usual_intervals(
    lengths: list[int], expected: list[int]
) -> None:
    times = START + np.concatenate(([0], np.cumsum(lengths)))
    assert gaps(times).tolist() == expected


@given(histories(least=1))
def test_spend_never_falls_and_what_is_not_credit_is_spend(history: SnapshotArrays) -> None:
    ledger = build.build_ledger(history)
    assert (np.diff(ledger.curve.spent) >= 0).all()
    corrections = sum(e.quota for e in ledger.events if e.kind in {"refund", "reset"})
    lowest = np.minimum(history.used, 0)
    if not lowest.any():
        assert ledger.curve.spent[-1] == history.used[-1] - history.used[0] + corrections


@given(histories(least=1))
def test_events_are_in_order_and_lie_between_two_snapshots(history: SnapshotArrays) -> None:
    events = build.build_ledger(history).events
    assert list(events) == sorted(events)
    moments = set(history.times.tolist())
    assert all(e.after < e.at and {e.after, e.at} <= moments for e in events)


@given(histories(least=2), st.data())
def test_what_is_confirmed_is_not_changed_by_what_comes_later(
    history: SnapshotArrays, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(history)))
    then = {event for event in build.build_ledger(history[:cut]).events if event.confirmed}
    assert then <= set(build.build_ledger(history).events)


def test_an_empty_history_has_an_empty_ledger() -> None:
    none = np.empty(0, np.int64)
    assert build.build_ledger(SnapshotArrays(none, none, none)).events == ()


def test_an_event_tells_what_it_did_to_the_balance() -> None:
    assert Event(2, 1, "adjustment", -5).credit == -5
    assert Event(2, 1, "reset", 5).credit is None
    assert Event(2, 1, "gap", 5).credit is None


def built_in_parts(history: SnapshotArrays, size: int) -> tuple[Event, ...]:
    """Return the events of a ledger that is built `size` snapshots at a time."""
    events: list[Event] = []
    start, first, seen = None, 0, 0
    while True:
        seen = min(seen + size, len(history))
        ledger = build.build_ledger(history[first:seen], start)
        if seen == len(history):
            return tuple(sorted([*events, *ledger.events]))
        reached = ledger.checkpoint
        if reached is None or reached == start:
            continue
        settled = history.until(reached.moment)
        if context := build.context_length(settled.times):
            events += [event for event in ledger.events if event.at <= reached.moment]
            start, first = reached, len(settled) - context


@settings(max_examples=examples(300))
@given(st.one_of(regular_histories(), diverging_histories()), st.integers(20, 300))
def test_a_ledger_built_in_parts_is_the_ledger_kept_at_once(
    history: SnapshotArrays, size: int
) -> None:
    assert built_in_parts(history, size) == build.build_ledger(history).events


@given(st.one_of(regular_histories(), diverging_histories()), st.integers(1, 400))
def test_what_is_confirmed_stays_in_regular_histories(history: SnapshotArrays, cut: int) -> None:
    then = {event for event in build.build_ledger(history[:cut]).events if event.confirmed}
    assert then <= set(build.build_ledger(history).events)
