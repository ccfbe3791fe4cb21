"""A statement of account: what a ledger says about a window of time and its periods.

* The value at a boundary is that of the last snapshot at or before it; with none
  before the first boundary, the first one inside. So a window's spend is exact: it
  is the spend between two snapshots.
* Inside the window, spend in an interval that crosses a boundary is apportioned evenly
  over time, rounded cumulatively, so that the periods add up to the window's spend.
* An interval that is a gap, or longer than the period itself, is not trusted: a period
  into which it crosses is estimated, and its time does not count as covered.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from usage_tracker.analysis.ledger import Event, Kind, Ledger
from usage_tracker.analysis.readings import UNKNOWN, Int64s, Readings
from usage_tracker.times import DAY

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
    spans = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    readings = ledger.readings
    if not len(readings) or readings.times[0] > edges[-1]:
        return [Part(start, end) for start, end in spans]
    last = np.searchsorted(readings.times, edges, side="right") - 1
    spent = _spent_at(ledger, edges, last)
    doubts = Doubts.about(ledger, edges)
    happened = _by_period(ledger.events, edges)
    return [
        _part(readings, span, last[i : i + 2], spent[i : i + 2], happened[i], doubts, as_of)
        for i, span in enumerate(spans)
    ]


def pace(ledger: Ledger, until: int, length: int) -> Pace:
    """The rate of spend over the `length` ms before `until`.

    Per day of known time, and only where at least half of the window is known.
    """
    since = until - length
    if not _touches(ledger.readings, since, until):
        return Pace(length, None, None, 0.0)
    moments = np.array([since, until], dtype=np.int64)
    doubts = Doubts.about(ledger, moments)
    before, after = ledger.curve.whole_at(moments).tolist()
    known = doubts.known_time(since, until)
    coverage = known / length
    sure = after - before - doubts.spend(since, until)
    per_day = sure / known * DAY if coverage >= ENOUGH else None
    return Pace(length, after - before, per_day, coverage)


@dataclass(frozen=True, slots=True)
class Doubts:
    """The intervals that are not trusted, within what was watched at all.

    `starts`, `ends` (m,) UTC ms, ascending and apart; `spends` (m,) the units in each.
    `first` and `last` are the moments of the first and the last snapshot.
    """

    starts: Int64s
    ends: Int64s
    spends: Int64s
    first: int
    last: int

    @classmethod
    def about(cls, ledger: Ledger, edges: Int64s) -> "Doubts":
        """Gaps, and the intervals across `edges` that are longer than a period beside them."""
        times = ledger.readings.times
        spends = {(e.after, e.at): e.quota for e in ledger.events if e.kind == "gap"}
        for i in _too_long(times, edges).tolist():
            spent = int(ledger.curve.spent[i] - ledger.curve.spent[i - 1])
            spends[int(times[i - 1]), int(times[i])] = spent
        bounds = np.array(sorted(spends), dtype=np.int64).reshape(-1, 2)
        amounts = np.array([spends[span] for span in sorted(spends)], dtype=np.int64)
        return cls(bounds[:, 0], bounds[:, 1], amounts, int(times[0]), int(times[-1]))

    def known_time(self, since: int, until: int) -> int:
        """How much of [since, until) lies in trusted intervals, in ms."""
        watched = max(min(until, self.last) - max(since, self.first), 0)
        return watched - int(self._overlaps(since, until).sum())

    def spend(self, since: int, until: int) -> int:
        """The units that fall into untrusted intervals of [since, until), apportioned evenly."""
        shares = self._overlaps(since, until) / np.maximum(self.ends - self.starts, 1)
        return round(float((shares * self.spends).sum()))

    def cross(self, since: int, until: int) -> bool:
        """Whether an untrusted interval crosses into or out of [since, until)."""
        inside = self._overlaps(since, until) > 0
        return bool((inside & ((self.starts < since) | (self.ends > until))).any())

    def _overlaps(self, since: int, until: int) -> Int64s:
        inside: Int64s = np.minimum(self.ends, until) - np.maximum(self.starts, since)
        return np.maximum(inside, 0)


def _too_long(times: Int64s, edges: Int64s) -> Int64s:
    """Indices of the readings that end an interval over an edge and longer than a period there."""
    lengths = np.diff(edges)
    shorter = np.minimum(np.append(lengths, lengths[-1]), np.insert(lengths, 0, lengths[0]))
    after = np.searchsorted(times, edges, side="right")
    inside = (after > 0) & (after < len(times))
    ends = after[inside]
    long: npt.NDArray[np.bool_] = times[ends] - times[ends - 1] > shorter[inside]
    return np.asarray(ends[long], dtype=np.int64)


def _has_snapshot(readings: Readings, since: int, until: int) -> bool:
    return bool(((readings.times >= since) & (readings.times <= until)).any())


def _touches(readings: Readings, since: int, until: int) -> bool:
    return len(readings) > 1 and bool(readings.times[0] < until and readings.times[-1] > since)


def _spent_at(ledger: Ledger, edges: Int64s, last: npt.NDArray[np.intp]) -> Int64s:
    """Cumulative spend at each edge: between snapshots inside, at snapshots on the outside."""
    spent = ledger.curve.whole_at(edges)
    spent[[0, -1]] = ledger.curve.spent[np.maximum(last[[0, -1]], 0)]
    return np.clip(spent, spent[0], spent[-1])


def _by_period(events: tuple[Event, ...], edges: Int64s) -> list[list[Event]]:
    happened: list[list[Event]] = [[] for _ in edges[1:]]
    moments = np.array([event.at for event in events], dtype=np.int64)
    for event, i in zip(events, np.searchsorted(edges, moments).tolist(), strict=True):
        if 0 < i < len(edges):
            happened[i - 1].append(event)
    return happened


def _part(
    readings: Readings,
    span: tuple[int, int],
    last: npt.NDArray[np.intp],
    spent: Int64s,
    happened: list[Event],
    doubts: Doubts,
    as_of: int,
) -> Part:
    start, end = span
    opening, closing = max(int(last[0]), 0), int(last[1])
    if closing < 0:
        return Part(start, end)
    balances = Part(
        start, end, opening=int(readings.quota[opening]), closing=int(readings.quota[closing])
    )
    if not _touches(readings, start, end):
        return balances
    length = max(min(end, as_of) - start, 1)
    return replace(
        balances,
        spend=int(spent[1] - spent[0]),
        top_ups=_sum(happened, "top_up"),
        refunds=_sum(happened, "refund"),
        adjustments=_sum(happened, "adjustment"),
        requests=_requests(readings, opening, closing),
        coverage=doubts.known_time(start, min(end, as_of)) / length,
        estimated=doubts.cross(start, end) or any(event.kind == "reset" for event in happened),
    )


def _sum(happened: list[Event], kind: Kind) -> int:
    return sum(event.quota for event in happened if event.kind == kind)


def _requests(readings: Readings, opening: int, closing: int) -> int | None:
    if readings.requests is None:
        return None
    before, after = int(readings.requests[opening]), int(readings.requests[closing])
    return None if UNKNOWN in (before, after) or after < before else after - before
