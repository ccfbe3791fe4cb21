"""A statement of account: what a ledger says about a window of time and its periods.

* The value at a boundary is that of the last snapshot at or before it; with none
  before the first boundary, the first one inside. So a window's spend is exact: it
  is the spend between two snapshots.
* Inside the window, spend in an interval that crosses a boundary is apportioned evenly
  over time, rounded cumulatively, so that the periods add up to the window's spend.
* An interval that is a gap, or longer than the period itself, is not trusted: a period
  into which it crosses is estimated, and its time does not count as covered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np

from usage_tracker.analysis.coverage import Bools, Doubts, Indices
from usage_tracker.ledger.arrays import UNKNOWN, Floats, Int64s, Readings
from usage_tracker.ledger.build import Event, Kind, Ledger
from usage_tracker.times import DAY

T = TypeVar("T")

CREDITS: Final[tuple[Kind, ...]] = ("top_up", "refund", "adjustment")

ENOUGH = 0.5
"""The share of a window that must be known for its rate to be told."""


@dataclass(frozen=True, slots=True)
class Part:
    """One period of a statement, or a whole window. Units and UTC ms; None is unknown."""

    start: int
    end: int
    spend: int | None = None
    top_ups: int | None = None
    refunds: int | None = None
    adjustments: int | None = None
    requests: int | None = None
    opening: int | None = None
    closing: int | None = None
    coverage: float = 0.0
    estimated: bool = False

    @property
    def in_flight(self) -> int | None:
        """What was reserved at the opening less what was at the closing.

        With reserved = settled level - S and S = quota + spend - refunds, and the level moved
        by credit alone, this is what is left of the difference of the two balances.
        """
        if None in (self.opening, self.closing, self.spend):
            return None
        credit = (self.top_ups or 0) + (self.refunds or 0) + (self.adjustments or 0)
        return (self.closing or 0) - (self.opening or 0) - credit + (self.spend or 0)


@dataclass(frozen=True, slots=True)
class Pace:
    """Spend over the last `length` ms before a moment; `per_day` in units, if enough is known."""

    length: int
    spend: int | None
    per_day: float | None
    coverage: float


def window(ledger: Ledger, since: int, until: int, as_of: int) -> Part:
    """The statement of [since, until) as a whole."""
    whole = parts(ledger, np.array([since, until], dtype=np.int64), as_of)[0]
    if whole.spend is None and _has_snapshot(ledger.readings, since, until):
        # A lone snapshot is its own opening and closing.
        return replace(whole, spend=0, top_ups=0, refunds=0, adjustments=0)
    return whole


def parts(ledger: Ledger, edges: Int64s, as_of: int) -> list[Part]:
    """The statements of the n periods between n + 1 ascending `edges` (UTC ms)."""
    starts, ends = edges[:-1].tolist(), edges[1:].tolist()
    readings = ledger.readings
    if not len(readings) or readings.times[0] > edges[-1]:
        return [Part(start, end) for start, end in zip(starts, ends, strict=True)]
    last = np.searchsorted(readings.times, edges, side="right") - 1
    balances = readings.quota[np.maximum(last, 0)].tolist()
    closed, touched = last[1:] >= 0, _touched(readings, edges, last)
    coverage, crossed = _trust(ledger, edges, as_of)
    estimated = crossed | _reset_in(ledger.events, edges)
    told: list[list[Any]] = [
        _where(touched, np.diff(_spent_at(ledger, edges, last)).tolist()),
        *(_where(touched, _sums(ledger.events, kind, edges)) for kind in CREDITS),
        _where(touched & ~crossed, _requests(readings, last)),
        _where(closed, balances[:-1]),
        _where(closed, balances[1:]),
        np.where(touched, coverage, 0.0).tolist(),
        (estimated & touched).tolist(),
    ]
    return [Part(*row) for row in zip(starts, ends, *told, strict=True)]


def pace(ledger: Ledger, until: int, length: int) -> Pace:
    """The rate of spend over the `length` ms before `until`.

    Per day of known time, and only where at least half of the window is known.
    """
    since = until - length
    if not _touches(ledger.readings, since, until):
        return Pace(length, None, None, 0.0)
    moments = np.array([since, until], dtype=np.int64)
    doubts = Doubts.about(ledger, moments)
    (before, after), (start, end) = ledger.curve.whole_at(moments), doubts.known(moments)
    spend, known = int(after - before), int(end - start)
    coverage = known / length
    sure = spend - doubts.spend(since, until)
    per_day = sure / known * DAY if coverage >= ENOUGH else None
    return Pace(length, spend, per_day, coverage)


def _has_snapshot(readings: Readings, since: int, until: int) -> bool:
    return bool(((readings.times >= since) & (readings.times <= until)).any())


def _touches(readings: Readings, since: int, until: int) -> bool:
    return len(readings) > 1 and bool(readings.times[0] < until and readings.times[-1] > since)


def _touched(readings: Readings, edges: Int64s, last: Indices) -> Bools:
    """Whether an interval between snapshots of the window reaches into each period.

    None does where no snapshot ends inside the whole window: its spend is not known, as is
    that of the periods after the last snapshot there.
    """
    end = readings.times[max(int(last[-1]), 0)]
    reached = (readings.times[0] < edges[1:]) & (end > edges[:-1])
    return np.asarray(reached & (len(readings) > 1) & (last[-1] > last[0]))


def _where(known: Bools, values: Sequence[T]) -> list[T | None]:
    return [value if told else None for told, value in zip(known.tolist(), values, strict=True)]


def _spent_at(ledger: Ledger, edges: Int64s, last: Indices) -> Int64s:
    """Cumulative spend at each edge: between snapshots inside, at snapshots on the outside."""
    spent = ledger.curve.whole_at(edges)
    spent[[0, -1]] = ledger.curve.spent[np.maximum(last[[0, -1]], 0)]
    return np.clip(spent, spent[0], spent[-1])


def _trust(ledger: Ledger, edges: Int64s, as_of: int) -> tuple[Floats, Bools]:
    """The coverage of each period, and whether an untrusted interval crosses into or out of it."""
    doubts = Doubts.about(ledger, edges)
    passed = np.minimum(edges, as_of)
    lengths = np.maximum(passed[1:] - edges[:-1], 1)
    crossed = doubts.cross(edges)
    return np.diff(doubts.known(passed)) / lengths, crossed[:-1] | crossed[1:]


def _reset_in(events: tuple[Event, ...], edges: Int64s) -> Bools:
    """Whether each period holds a part of an interval in which the counter was reset."""
    held = np.zeros(len(edges) - 1, np.bool_)
    for event in events:
        if event.kind == "reset":
            held |= (event.after < edges[1:]) & (event.at > edges[:-1])
    return held


def _sums(events: tuple[Event, ...], kind: Kind, edges: Int64s) -> list[int]:
    """The units of the events of a `kind` in each period."""
    sums = [0] * (len(edges) - 1)
    told = [event for event in events if event.kind == kind]
    if not told:
        return sums
    periods = np.searchsorted(edges, [event.at for event in told])
    for event, i in zip(told, periods.tolist(), strict=True):
        if 0 < i < len(edges):
            sums[i - 1] += event.quota
    return sums


def _requests(readings: Readings, last: Indices) -> list[int | None]:
    """The calls made in each period, where the counts at both its ends are known."""
    if readings.requests is None:
        return [None] * (len(last) - 1)
    counts = readings.requests[np.maximum(last, 0)]
    before, after = counts[:-1], counts[1:]
    known = (before != UNKNOWN) & (after != UNKNOWN) & (after >= before)
    return _where(known, (after - before).tolist())
