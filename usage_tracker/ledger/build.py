"""The ledger: spend, credits, refunds, resets and gaps between consecutive snapshots.

With du and dq the changes of used_quota and quota from one snapshot to the next:

* du > 0 is spend, even when credit arrived in the same interval. Spend is never negative.
* du < 0 while the balance rises by about as much is a refund of -du. Otherwise the counter
  was reset, and shows the spend since (see `counter_decrease`).
* S = quota + spend - refunds moves only with credit. Where its settled level (see `level`
  and `steps`) rises, credit was topped up; where it falls, the balance was adjusted.
* An interval that is much longer than usual (see `gaps`) is a gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from usage_tracker.ledger import counter_decrease, level, rolling
from usage_tracker.ledger.arrays import (
    Int64s,
    SnapshotArrays,
    SpendCurve,
    saturating_difference,
    saturating_sum,
)
from usage_tracker.ledger.events import Checkpoint, Event, Kind
from usage_tracker.ledger.gaps import gaps
from usage_tracker.ledger.steps import LevelState, StepDetection, detect_steps
from usage_tracker.money import LARGEST, clamp_int64
from usage_tracker.times import GAP_LOOKBACK

CONTEXT_SPAN = 2 * level.USUAL + 2 * level.LONG
"""The time watched before a checkpoint that continuing from it requires."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Snapshots as `readings`, the cumulative spend at each of them, and the events.

    Later snapshots change nothing up to the `checkpoint`.
    """

    readings: SnapshotArrays
    curve: SpendCurve
    events: tuple[Event, ...]
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The `events` up to a `checkpoint`, all confirmed, of an account with pruned snapshots."""

    checkpoint: Checkpoint
    events: tuple[Event, ...]

    def build_ledger(self, readings: SnapshotArrays, as_of: int) -> Ledger:
        """Return the ledger of `readings`, pruned before the checkpoint, as known at `as_of`."""
        events = tuple(event for event in self.events if event.at <= as_of)
        older = len(readings.until(self.checkpoint.moment))
        if older < len(readings):
            context = context_length(readings.times[:older]) or older
            events += build_ledger(readings[older - context :], self.checkpoint).events
        return ledger_from_events(readings, events)


def build_ledger(readings: SnapshotArrays, start: Checkpoint | None = None) -> Ledger:
    """Return the ledger of an account's snapshots.

    With a `start`, it has only the events after it; the `readings` must then begin
    `context_length` snapshots before the start.
    """
    if not len(readings):
        return Ledger(readings, SpendCurve(readings.times, readings.used), ())
    refunds, resets, total = _counters(readings)
    spent = _spent(readings, refunds, resets)
    detected = _detect_steps(readings, resets, total, start)
    events = sorted(
        [
            *_refund_events(readings, refunds),
            *_reset_events(readings, resets),
            *_credit_events(readings.times, detected),
            *_gap_events(readings, spent),
        ]
    )
    later = tuple(event for event in events if start is None or event.at > start.moment)
    curve = SpendCurve(readings.times, spent)
    return Ledger(readings, curve, later, _checkpoint(readings.times, total, detected) or start)


def ledger_from_events(readings: SnapshotArrays, events: tuple[Event, ...]) -> Ledger:
    """Return the ledger of a selection of an account's snapshots, given all its `events`.

    The spend between any two snapshots is the counter's change, corrected by the refunds
    and resets between them.
    """
    if not len(readings):
        return Ledger(readings, SpendCurve(readings.times, readings.used), events)
    corrections = [event for event in events if event.kind in {"refund", "reset"}]
    moments = np.array([event.at for event in corrections], dtype=np.int64)
    running = accumulate((event.quota for event in corrections), initial=0)
    amounts = np.array([clamp_int64(amount) for amount in running], dtype=np.int64)
    later = amounts[np.searchsorted(moments, readings.times, side="right")]
    corrected = np.maximum.accumulate(saturating_sum(readings.used, later))
    spent = saturating_difference(corrected, corrected[:1])
    return Ledger(readings, SpendCurve(readings.times, spent), events)


def context_length(times: Int64s) -> int:
    """Return how many of the last snapshots at `times` continuing after them requires.

    Zero if there are too few of them; then pass all snapshots there are, or an earlier start.
    """
    watched = level.time_watched(times)
    enough = int(np.searchsorted(watched, watched[-1] - CONTEXT_SPAN, side="right")) - 1
    needed = max(len(times) - enough, GAP_LOOKBACK + 2)
    return needed if enough >= 0 and needed <= len(times) else 0


def _counters(readings: SnapshotArrays) -> tuple[Int64s, Int64s, Int64s]:
    """Return the indices of the snapshots after a refund and after a reset, and S."""
    du, dq = _changes(readings.used), _changes(readings.quota)
    decreases = np.flatnonzero(du < 0)
    surplus = saturating_sum(du, dq)
    usual = _usually_in_flight(readings.times, surplus, du) if len(decreases) else du
    refunded = np.array(
        [_is_refund(i, surplus, readings.used, int(usual[i])) for i in decreases.tolist()],
        dtype=np.bool_,
    )
    refunds, resets = decreases[refunded] + 1, decreases[~refunded] + 1
    moved = du.copy()
    moved[resets - 1] = _spent_at_resets(readings, resets)
    total = saturating_sum(readings.quota, np.concatenate(([0], np.cumsum(moved))))
    return refunds, resets, total


def _changes(counter: Int64s) -> Int64s:
    return saturating_difference(counter[1:], counter[:-1])


def _usually_in_flight(times: Int64s, surplus: Int64s, du: Int64s) -> Int64s:
    """Return how far quota + used_quota usually fell in one interval of the days before each."""
    fell = np.where(du < 0, 0, np.maximum(-surplus, 0))
    usual = rolling.maximum(fell, rolling.before(times[1:], counter_decrease.USUAL))
    return np.maximum(usual, counter_decrease.CENT)


def _is_refund(i: int, surplus: Int64s, used: Int64s, usual: int) -> bool:
    """Return whether the decrease in interval `i` is a refund."""
    before = int(surplus[i - 1]) if i else None
    after = int(surplus[i + 1]) if i + 1 < len(surplus) else None
    here = (before, int(surplus[i]), after)
    return counter_decrease.is_refund(int(used[i]), int(used[i + 1]), here, usual)


def _spent(readings: SnapshotArrays, refunds: Int64s, resets: Int64s) -> Int64s:
    spend = _changes(readings.used)
    spend[refunds - 1] = 0
    spend[resets - 1] = _spent_at_resets(readings, resets)
    spent = np.concatenate((np.zeros(1, np.int64), np.cumsum(spend)))
    return np.where(np.logical_or.accumulate(spent < 0), LARGEST, spent)


def _spent_at_resets(readings: SnapshotArrays, resets: Int64s) -> Int64s:
    """Return the spend in the interval of each reset."""
    quota, used = readings.quota, readings.used
    spent = [
        counter_decrease.spent_at_reset(
            int(used[i - 1]),
            int(used[i]),
            int(quota[i - 1]) - int(quota[i]),
            _most_before(readings, i),
        )
        for i in resets.tolist()
    ]
    return np.array(spent, dtype=np.int64)


def _most_before(readings: SnapshotArrays, i: int) -> int:
    """Return the largest spend of one interval of the days before snapshot `i`."""
    start = int(np.searchsorted(readings.times, readings.times[i] - counter_decrease.USUAL))
    return int(_changes(readings.used[start:i]).max(initial=0))


def _refund_events(readings: SnapshotArrays, refunds: Int64s) -> Iterator[Event]:
    times, used = readings.times, readings.used
    for i in refunds.tolist():
        back = clamp_int64(int(used[i - 1]) - int(used[i]))
        yield Event(int(times[i]), int(times[i - 1]), "refund", back, i < len(times) - 1)


def _reset_events(readings: SnapshotArrays, resets: Int64s) -> Iterator[Event]:
    times, used = readings.times, readings.used
    for i, spent in zip(resets.tolist(), _spent_at_resets(readings, resets).tolist(), strict=True):
        lost = clamp_int64(int(used[i - 1]) - int(used[i]) + spent)
        yield Event(int(times[i]), int(times[i - 1]), "reset", lost, i < len(times) - 1)


def _detect_steps(
    readings: SnapshotArrays, resets: Int64s, total: Int64s, start: Checkpoint | None
) -> StepDetection:
    settled = level.settled_level(readings.times, total)
    state = _level_state(readings, total, start)
    uncertain = _uncertain(readings, resets)
    return detect_steps(total, settled, uncertain, state, provisional=_decreased_last(readings))


def _decreased_last(readings: SnapshotArrays) -> bool:
    """Return whether the counter decreased last: only the next interval shows if it is a refund."""
    return bool((np.diff(readings.used[-2:]) < 0).any())


def _level_state(
    readings: SnapshotArrays, total: Int64s, start: Checkpoint | None
) -> LevelState | None:
    if start is None:
        return None
    i = int(np.searchsorted(readings.times, start.moment))
    return LevelState(i, int(total[i]) + start.reserved, start.exact)


def _checkpoint(times: Int64s, total: Int64s, detected: StepDetection) -> Checkpoint | None:
    i = detected.final
    if i is None:
        return None
    state = detected.state_at(i)
    return Checkpoint(int(times[i]), clamp_int64(state.value - int(total[i])), state.exact)


def _credit_events(times: Int64s, detected: StepDetection) -> Iterator[Event]:
    for step in detected.steps:
        kind: Kind = "top_up" if step.size > 0 else "adjustment"
        at, after = int(times[step.at]), int(times[step.after])
        yield Event(at, after, kind, clamp_int64(step.size), step.confirmed)


def _uncertain(readings: SnapshotArrays, resets: Int64s) -> dict[int, int]:
    """Return the largest error of the spend in the interval of each reset."""
    return {i: max(_most_before(readings, i), counter_decrease.CENT) for i in resets.tolist()}


def _gap_events(readings: SnapshotArrays, spent: Int64s) -> Iterator[Event]:
    times = readings.times
    for i in gaps(times).tolist():
        final = i < len(times) - 1 or not _decreased_last(readings)
        yield Event(int(times[i]), int(times[i - 1]), "gap", int(spent[i] - spent[i - 1]), final)
