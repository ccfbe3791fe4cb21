"""The measured balance as a line.

Between two measured balances spend is drawn as even; credits are steps at the moment
they were seen. Where there were no snapshots the line is a bridge, not a measurement.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from usage_tracker.reporting.model import AccountReport, ReportedEvent

_CREDITS = ("top_up", "refund", "adjustment")
_ROUNDING = 0.01

# A moment (UTC seconds since 1970) and dollars.
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the line; `bridged` where it crosses a time without snapshots."""

    points: tuple[Point, ...]
    bridged: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A credit: the balance moved by `usd` at `at`, not by spending. `kind` is the event's."""

    at: float
    usd: float
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """The pieces of a balance's line, one after the other, and the steps in it."""

    stretches: tuple[Stretch, ...]
    steps: tuple[Step, ...]

    @property
    def points(self) -> list[Point]:
        """All points of it, by time."""
        return [point for stretch in self.stretches for point in stretch.points]

    @property
    def last(self) -> Point | None:
        """Where it ends."""
        return self.stretches[-1].points[-1] if self.stretches else None

    @property
    def gaps(self) -> list[Point]:
        """From when to when it crosses a time without snapshots."""
        return [(s.points[0][0], s.points[-1][0]) for s in self.stretches if s.bridged]

    def within(self, start: float, end: float) -> list[float]:
        """The dollars that it passes through over [start, end), coming in at `start`."""
        return passing(self.points, start, end)

    def level_after(self, step: Step) -> float:
        """The balance right after `step`."""
        after = [usd for at, usd in self.points if at <= step.at]
        return after[-1] if after else 0.0


def passing(points: Sequence[Point], start: float, end: float) -> list[float]:
    """The dollars that a line through `points` passes over [start, end), coming in at `start`."""
    inside = [usd for at, usd in points if start <= at < end]
    if not points or start < points[0][0] or points[-1][0] < start:
        return inside
    times, levels = zip(*points, strict=True)
    return [float(np.interp(start, times, levels)), *inside]


def line(account: AccountReport) -> Line:
    """The line of `account`'s balance through all that is known of it."""
    gaps = [(e.after.timestamp(), e.at.timestamp()) for e in account.events if e.kind == "gap"]
    measured = _outside(_measured(account), gaps)
    steps = _steps(account, measured)
    return Line(_stretches(measured, steps, gaps), steps)


def in_dollars(quota: int, account: AccountReport) -> float:
    """`quota` units of `account` in unrounded dollars."""
    return quota / account.quota_per_unit


def _measured(account: AccountReport) -> list[Point]:
    """The balances known, by strictly ascending time, from the window's beginning on.

    None is drawn later than it was seen; what was seen last before the window opens it.
    """
    last = account.snapshots.last
    first = account.periods[0].start if account.periods else None
    seen: dict[float, float] = {}
    if account.burn_down:
        known = [(p.at, p.quota) for p in account.burn_down]
    else:
        known = [(p.end, p.closing) for p in account.periods if p.closing is not None]
        if account.periods and account.reconciliation.opening is not None:
            known.insert(0, (_opened(account), account.reconciliation.opening))
    for at, quota in known:
        moment = at if last is None else min(at, last)
        moment = moment if first is None else max(moment, first)
        seen[moment.timestamp()] = in_dollars(quota, account)
    return sorted(seen.items())


def _opened(account: AccountReport) -> dt.datetime:
    """Since when the opening balance of an account with periods was known in the window.

    That is the window's beginning, unless all the time up to the first snapshot is unknown.
    """
    opens, seen = account.periods[0].start, account.snapshots.first
    if seen is None or seen <= opens or any(e.after <= opens < e.at for e in account.events):
        return opens
    first = next((p for p in account.periods if p.end > seen), account.periods[-1])
    blank = all(p.closing is None for p in account.periods if p.end <= seen)
    unseen = (first.end - first.start) * (1 - first.coverage + _ROUNDING)
    return seen if blank and seen - first.start <= unseen else opens


def _outside(points: list[Point], gaps: list[Point]) -> list[Point]:
    return [(at, usd) for at, usd in points if not any(a < at < b for a, b in gaps)]


def _steps(account: AccountReport, points: list[Point]) -> tuple[Step, ...]:
    moves = [(b[0], b[1] - a[1]) for a, b in pairwise(points)]
    steps = (
        Step(_moment(event, usd, moves), usd, event.kind)
        for event in account.events
        if event.kind in _CREDITS and event.quota
        for usd in [in_dollars(event.quota, account)]
    )
    return tuple(sorted(steps, key=lambda step: step.at))


def _moment(event: ReportedEvent, usd: float, moves: list[Point]) -> float:
    """When the line takes the step of `event`.

    An event is known to have happened between two rests, which may be hours apart on a
    busy account; a balance measured meanwhile shows the moment itself.
    """
    after, by = event.after.timestamp(), event.at.timestamp()
    shown = (at for at, move in moves if after < at < by and move / usd >= 1 / 2)
    return next(shown, by)


def _stretches(
    points: list[Point], steps: tuple[Step, ...], gaps: list[Point]
) -> tuple[Stretch, ...]:
    if len(points) < 2:  # noqa: PLR2004
        return (Stretch(tuple(points), bridged=False),) if points else ()
    line = _stepped(points, steps, [edge for gap in gaps for edge in gap])
    pieces: list[list[Point]] = []
    bridges: list[bool] = []
    for a, b in pairwise(line):
        bridged = any(start < b[0] and a[0] < end for start, end in gaps)
        if bridges and bridges[-1] == bridged:
            pieces[-1].append(b)
        else:
            pieces.append([a, b])
            bridges.append(bridged)
    return tuple(Stretch(tuple(p), b) for p, b in zip(pieces, bridges, strict=True))


def _stepped(points: list[Point], steps: tuple[Step, ...], knots: Iterable[float]) -> list[Point]:
    """The line through `points` and at `knots`, with a vertical edge at each step."""
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
