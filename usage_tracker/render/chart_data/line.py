"""The measured balance as a line.

Between two measured balances the spend is drawn as even; credits are steps at the moment
they were seen. Across a gap the line is bridged: it connects two measurements.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from usage_tracker.render.phrases import records
from usage_tracker.reporting.model import AccountReport, Period, ReportedEvent

_CREDITS = ("top_up", "refund", "adjustment")
_ROUNDING = 0.01

# A moment (UTC seconds since 1970) and dollars.
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the line; `bridged` if it crosses a time without snapshots."""

    points: tuple[Point, ...]
    bridged: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A credit of `usd` at `at`; `kind` is the event's."""

    at: float
    usd: float
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """The consecutive pieces of a balance's line, and the steps in it."""

    stretches: tuple[Stretch, ...]
    steps: tuple[Step, ...]

    @property
    def points(self) -> list[Point]:
        """All points in order of time."""
        return [point for stretch in self.stretches for point in stretch.points]

    @property
    def last(self) -> Point | None:
        """The last measured balance."""
        return self.stretches[-1].points[-1] if self.stretches else None

    @property
    def gaps(self) -> list[Point]:
        """The start and end of each bridged stretch."""
        return [(s.points[0][0], s.points[-1][0]) for s in self.stretches if s.bridged]

    def within(self, start: float, end: float) -> list[float]:
        """Return the dollars of the line over [start, end); see `values_within`."""
        return values_within(self.points, start, end)

    def level_after(self, step: Step) -> float:
        """Return the balance right after `step`."""
        after = [usd for at, usd in self.points if at <= step.at]
        return after[-1] if after else 0.0


def values_within(points: Sequence[Point], start: float, end: float) -> list[float]:
    """Return the dollars of the line through `points` at `start` and at its points before `end`."""
    inside = [usd for at, usd in points if start <= at < end]
    if not points or start < points[0][0] or points[-1][0] < start:
        return inside
    times, levels = zip(*points, strict=True)
    return [float(np.interp(start, times, levels)), *inside]


def line(account: AccountReport) -> Line:
    """Return the line through all known balances of `account`."""
    events, periods = records(account.events), records(account.periods)
    gaps = [(e.after.timestamp(), e.at.timestamp()) for e in events if e.kind == "gap"]
    measured = [
        (at, usd)
        for at, usd in _measured(account, periods, events)
        if not any(start < at < end for start, end in gaps)
    ]
    steps = _steps(account, events, measured)
    return Line(_stretches(measured, steps, gaps), steps)


def in_dollars(quota: int, account: AccountReport) -> float:
    """Return `quota` units of `account` in unrounded dollars."""
    return quota / account.quota_per_unit


def _measured(
    account: AccountReport, periods: Sequence[Period], events: Sequence[ReportedEvent]
) -> list[Point]:
    """Return the known balances in order of time, clipped to the time from window to snapshot.

    A balance is never drawn later than it was seen; the last one seen before the window
    starts it.
    """
    last = account.snapshots.last
    first = periods[0].start if periods else None
    if account.burn_down:
        known = [(p.at, p.quota) for p in account.burn_down]
    else:
        known = [(p.end, p.closing) for p in periods if p.closing is not None]
        if periods and account.reconciliation.opening is not None:
            known.insert(0, (_opened(account, periods, events), account.reconciliation.opening))
    seen: dict[float, float] = {}
    for at, quota in known:
        moment = at if last is None else min(at, last)
        moment = moment if first is None else max(moment, first)
        seen[moment.timestamp()] = in_dollars(quota, account)
    return sorted(seen.items())


def _opened(
    account: AccountReport, periods: Sequence[Period], events: Sequence[ReportedEvent]
) -> dt.datetime:
    """Return the moment of the opening balance.

    That is the window's start, or the first snapshot if all time before it is unknown.
    """
    opens, seen = periods[0].start, account.snapshots.first
    if seen is None or seen <= opens or any(e.after <= opens < e.at for e in events):
        return opens
    first = next((p for p in periods if p.end > seen), periods[-1])
    blank = all(p.closing is None for p in periods if p.end <= seen)
    unseen = (first.end - first.start) * (1 - first.coverage + _ROUNDING)
    return seen if blank and seen - first.start <= unseen else opens


def _steps(
    account: AccountReport, events: Sequence[ReportedEvent], points: list[Point]
) -> tuple[Step, ...]:
    moves = [(b[0], b[1] - a[1]) for a, b in pairwise(points)]
    steps = (
        Step(_moment(event, usd, moves), usd, event.kind)
        for event in events
        if event.kind in _CREDITS and event.quota
        for usd in [in_dollars(event.quota, account)]
    )
    return tuple(sorted(steps, key=lambda step: step.at))


def _moment(event: ReportedEvent, usd: float, moves: list[Point]) -> float:
    """Return the moment of an event's step.

    The event lies between two settled levels, which are hours apart on a busy account; a
    balance measured between them shows the moment more closely.
    """
    after, by = event.after.timestamp(), event.at.timestamp()
    shown = (at for at, move in moves if after < at < by and move / usd >= 1 / 2)
    return next(shown, by)


def _stretches(
    points: list[Point], steps: tuple[Step, ...], gaps: list[Point]
) -> tuple[Stretch, ...]:
    if len(points) < 2:  # noqa: PLR2004
        return (Stretch(tuple(points), bridged=False),) if points else ()

    def crosses_gap(segment: tuple[Point, Point]) -> bool:
        (start, _), (end, _) = segment
        return any(after < end and start < by for after, by in gaps)

    line = _stepped(points, steps, [edge for gap in gaps for edge in gap])
    stretches = []
    for bridged, run in groupby(pairwise(line), crosses_gap):
        (first, second), *others = run
        stretches.append(Stretch((first, second, *(end for _, end in others)), bridged))
    return tuple(stretches)


def _stepped(points: list[Point], steps: tuple[Step, ...], knots: Iterable[float]) -> list[Point]:
    """Return the line through `points` and at `knots`, with a vertical edge at each step."""
    times = np.array([at for at, _ in points])
    inside = [step for step in steps if times[0] < step.at <= times[-1]]
    edges = [step.at for step in inside]
    credit = np.concatenate(([0.0], np.cumsum([step.usd for step in inside])))
    spent = np.array([usd for _, usd in points]) - credit[np.searchsorted(edges, times, "right")]
    between = [knot for knot in knots if times[0] < knot < times[-1]]
    line: list[Point] = []
    for at in sorted({*times.tolist(), *between, *edges}):
        level = float(np.interp(at, times, spent))
        before, after = (credit[np.searchsorted(edges, at, side)] for side in ("left", "right"))
        if before != after:
            line.append((at, level + float(before)))
        line.append((at, level + float(after)))
    return line
