"""The ledger: spend, credits, refunds, resets and gaps between consecutive snapshots.

With du and dq the changes of used_quota and quota from one snapshot to the next:

* du > 0 is spend, even when credit arrived in the same interval. Spend is never negative.
* du < 0 while the balance rises by about as much is a refund of -du. Otherwise the counter
  was reset, and shows the spend since (see `counter_decrease`).
* Spend may be covered by somebody else, and the balance may fall uncounted (see `stretches`).
* S = quota + spend - refunds, less what was covered, plus what fell uncounted, moves only with
  credit. Where its settled level (see `level` and `steps`) rises, credit was topped up; where
  it falls, the balance was adjusted.
* An interval that is much longer than usual (see `gaps`) is a gap.
* A snapshot that is out of its order (see `strays`) is left out of all this.
"""

from collections.abc import Collection, Iterable, Iterator
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
from usage_tracker.ledger.events import CREDITS, Checkpoint, Event, Kind
from usage_tracker.ledger.gaps import gaps
from usage_tracker.ledger.steps import LevelState, StepDetection, detect_steps
from usage_tracker.ledger.strays import find_strays, is_open
from usage_tracker.ledger.stretches import Stretches, find_stretches
from usage_tracker.money import LARGEST, clamp_int64
from usage_tracker.times import GAP_LOOKBACK

CONTEXT_SPAN = 3 * level.USUAL + 2 * level.LONG
"""The time watched before a checkpoint that continuing from it requires."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Snapshots as `readings`, cumulative amounts at each of them, and the events.

    `curve` is the spend, `covered` and `uncounted` (n,) what of it did not leave the balance
    and what left the balance besides. Later snapshots change nothing up to the `checkpoint`.
    """

    readings: SnapshotArrays
    curve: SpendCurve
    covered: Int64s
    uncounted: Int64s
    events: tuple[Event, ...]
    checkpoint: Checkpoint | None = None

    @property
    def drawn(self) -> SpendCurve:
        """What left the balance: the spend that is not covered, and what fell uncounted."""
        drawn = self.curve.spent - self.covered + self.uncounted
        top_ups = tuple(event for event in self.events if event.kind == "top_up")
        return SpendCurve(self.curve.times, drawn, self.covered, self.readings.quota, top_ups)


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


def build_ledger(captured: SnapshotArrays, start: Checkpoint | None = None) -> Ledger:
    """Return the ledger of an account's snapshots.

    With a `start`, it has only the events after it; the snapshots must then begin
    `context_length` snapshots before the start.
    """
    if not len(captured):
        return ledger_from_events(captured, ())
    strays = find_strays(captured)
    readings = captured.without(strays)
    refunds, resets, total = _counters(readings)
    spent = _spent(readings, refunds, resets)
    stretches = _stretches(readings, refunds, resets, spent, total)
    detected = _detect_steps(readings, resets, total - stretches.moved, start, stretches)
    events = sorted(
        [
            *_refund_events(readings, refunds),
            *_reset_events(readings, resets),
            *_credit_events(readings, detected),
            *_gap_events(readings, spent),
            *_stray_events(captured.times, strays),
            *stretches.events(readings.times),
        ]
    )
    later = tuple(event for event in events if start is None or event.at > start.moment)
    checkpoint = _checkpoint(readings.times, total - stretches.moved, detected) or start
    return ledger_from_events(captured, later, checkpoint)


def ledger_from_events(
    captured: SnapshotArrays, events: tuple[Event, ...], checkpoint: Checkpoint | None = None
) -> Ledger:
    """Return the ledger of a selection of an account's snapshots, given all its `events`.

    The spend between any two snapshots is the counter's change, corrected by the refunds
    and resets between them. In a stretch of covered (uncounted) amounts the balance shows what
    was drawn; the selection must include the snapshot at its start (see `sampling`).
    """
    strays = [event.at for event in events if event.kind == "stray"]
    readings = captured.without(np.flatnonzero(np.isin(captured.times, strays)))
    none = np.zeros(len(readings), np.int64)
    if not len(readings):
        return Ledger(readings, SpendCurve(readings.times, none), none, none, events, checkpoint)
    corrections = _running(readings.times, events, {"refund", "reset"})
    corrected = np.maximum.accumulate(saturating_sum(readings.used, corrections))
    spent = saturating_difference(corrected, corrected[:1])
    credited = _running(readings.times, events, CREDITS)
    uncredited = saturating_difference(saturating_sum(readings.quota, spent), credited)
    covered = _stretch_amounts(readings.times, events, "covered", uncredited)
    uncounted = _stretch_amounts(readings.times, events, "uncounted", -uncredited)
    curve = SpendCurve(readings.times, spent)
    return Ledger(readings, curve, covered, uncounted, events, checkpoint)


def _running(times: Int64s, events: Iterable[Event], kinds: Collection[str]) -> Int64s:
    """Return the sum of the events of some kinds up to each of `times`."""
    found = [event for event in events if event.kind in kinds]
    moments = np.array([event.at for event in found], dtype=np.int64)
    running = accumulate((event.quota for event in found), initial=0)
    amounts = np.array([clamp_int64(amount) for amount in running], dtype=np.int64)
    return amounts[np.searchsorted(moments, times, side="right")]


def _stretch_amounts(times: Int64s, events: Iterable[Event], kind: Kind, moved: Int64s) -> Int64s:
    """Return the sum of the stretches of a kind up to each snapshot.

    Inside of one it is as much as S `moved` since the snapshot at its start.
    """
    found = [event for event in events if event.kind == kind]
    amounts = _running(times, found, {kind})
    if not found:
        return amounts
    after, at, quota = np.array([(e.after, e.at, e.quota) for e in found], dtype=np.int64).T
    last = np.searchsorted(after, times) - 1
    inside = np.flatnonzero((last >= 0) & (times < at[last]))
    last = last[inside]
    start = np.minimum(np.searchsorted(times, after[last]), len(times) - 1)
    amounts[inside] += np.clip(moved[inside] - moved[start], 0, quota[last])
    return amounts


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
    """Return the most spent in the days before snapshot `i` in a time as long as its interval."""
    start = int(np.searchsorted(readings.times, readings.times[i] - counter_decrease.USUAL))
    times, length = readings.times[start:i], int(readings.times[i] - readings.times[i - 1])
    if len(times) <= 1:
        return 0
    rises = np.maximum(_changes(readings.used[start:i]), 0)
    spent = np.concatenate(([0.0], np.cumsum(rises, dtype=np.float64)))
    whole = int(times[-1] - times[0])
    if whole <= length:
        return clamp_int64(int(spent[-1]) * length // whole)
    ahead = np.interp(times + length, times, spent) - spent
    behind = spent - np.interp(times - length, times, spent)
    return clamp_int64(round(float(max(ahead.max(), behind.max()))))


def _refund_events(readings: SnapshotArrays, refunds: Int64s) -> Iterator[Event]:
    times, used = readings.times, readings.used
    for i in refunds.tolist():
        back = clamp_int64(int(used[i - 1]) - int(used[i]))
        yield Event(int(times[i]), int(times[i - 1]), "refund", back, not is_open(times, i))


def _reset_events(readings: SnapshotArrays, resets: Int64s) -> Iterator[Event]:
    times, used = readings.times, readings.used
    for i, spent in zip(resets.tolist(), _spent_at_resets(readings, resets).tolist(), strict=True):
        lost = clamp_int64(int(used[i - 1]) - int(used[i]) + spent)
        yield Event(int(times[i]), int(times[i - 1]), "reset", lost, not is_open(times, i))


def _stretches(
    readings: SnapshotArrays, refunds: Int64s, resets: Int64s, spent: Int64s, total: Int64s
) -> Stretches:
    is_known = np.ones(len(readings), np.bool_)
    is_known[refunds] = is_known[resets] = False
    return find_stretches(
        readings.times, readings.quota, np.diff(spent, prepend=0), total, is_known=is_known
    )


def _detect_steps(
    readings: SnapshotArrays,
    resets: Int64s,
    total: Int64s,
    start: Checkpoint | None,
    stretches: Stretches,
) -> StepDetection:
    settled = level.settled_level(readings.times, total)
    state = _level_state(readings, total, start)
    uncertain = _uncertain(readings, resets)
    open_since = min(stretches.open_since, len(readings) - _decreased_last(readings))
    spans = stretches.spans(readings.times)
    return detect_steps(total, readings.quota, settled, uncertain, state, open_since, spans)


def _decreased_last(readings: SnapshotArrays) -> bool:
    """Return whether the counter decreased last: only the next interval shows if it is a refund."""
    return bool((readings.used[-1:] < readings.used[-2:-1]).any())


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


def _credit_events(readings: SnapshotArrays, detected: StepDetection) -> Iterator[Event]:
    times = readings.times
    for step in detected.steps:
        kind: Kind = "top_up" if step.size > 0 else "adjustment"
        quota = readings.quota[step.after : step.at + 1]
        if step.size > 0 and (quota == quota[0]).all():
            kind = "covered"  # a single one: the balance stood still
        size = clamp_int64(step.size)
        yield Event(int(times[step.at]), int(times[step.after]), kind, size, step.confirmed)


def _uncertain(readings: SnapshotArrays, resets: Int64s) -> dict[int, int]:
    """Return the largest error of the spend in the interval of each reset."""
    return {i: max(_most_before(readings, i), counter_decrease.CENT) for i in resets.tolist()}


def _gap_events(readings: SnapshotArrays, spent: Int64s) -> Iterator[Event]:
    times = readings.times
    for i in gaps(times).tolist():
        held = int(spent[i] - spent[i - 1])
        yield Event(int(times[i]), int(times[i - 1]), "gap", held, i < len(times) - 1)


def _stray_events(times: Int64s, strays: Int64s) -> Iterator[Event]:
    kept = np.delete(times, strays)
    for moment in times[strays].tolist():
        yield Event(moment, int(kept[np.searchsorted(kept, moment) - 1]), "stray", 0)
