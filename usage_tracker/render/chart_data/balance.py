"""The picture of a balance: what it was, what it may become, and the frame around both."""

from collections.abc import Iterable
from dataclasses import dataclass

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data.line import Line, Point, in_dollars, line, passing
from usage_tracker.reporting.model import AccountReport, Report

_ROOM_AHEAD, _MOST_AHEAD, _LEAST_AHEAD = 1.6, 4.0, 0.12
_MARGIN, _MARGIN_BESIDE = 1.03, 1.08
_SHORTEST = 60.0
_WORTH_SHADING = 0.01


@dataclass(frozen=True, slots=True)
class Ahead:
    """The balance expected: its median and bounds at `times`, all of equal length."""

    times: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]

    def until_nothing(self) -> list[Point]:
        """The median as a line, up to where nothing is left."""
        points = list(zip(self.times, self.median, strict=True))
        end = next((i for i, (_, usd) in enumerate(points) if i and usd <= 0), len(points) - 1)
        return points[: end + 1]


@dataclass(frozen=True, slots=True)
class Ends:
    """The moments at which the balance may run out, None where there is none."""

    low: float | None = None
    median: float | None = None
    high: float | None = None
    linear: float | None = None

    @classmethod
    def of(cls, depletion: Depletion) -> "Ends":
        """Those that `depletion` tells."""
        moments = (depletion.low, depletion.median, depletion.high, depletion.linear)
        return cls(*(None if at is None else at.timestamp() for at in moments))

    @property
    def latest(self) -> float:
        """The last of them; none is infinitely long ago."""
        moments = (self.low, self.median, self.high, self.linear)
        return max((at for at in moments if at is not None), default=float("-inf"))


@dataclass(frozen=True, slots=True)
class BurnDown:
    """Everything in the picture of a balance, within the frame [start, end].

    `present` is the end of the window, up to which the past is told, with `marks`, the moments
    and kinds of what happened besides spending. There is nothing ahead where the window does
    not reach to the moment of the report.
    """

    line: Line
    marks: tuple[tuple[float, str], ...]
    ahead: Ahead | None
    ends: Ends
    start: float
    present: float
    end: float

    @property
    def length(self) -> float:
        """The seconds that the frame spans, never none."""
        return self.end - self.start

    @property
    def silence(self) -> float:
        """The seconds between the last snapshot and the present."""
        return self.present - self.line.last[0] if self.line.last else 0.0

    @property
    def dark(self) -> list[Point]:
        """From when to when there were no snapshots: the gaps, and a silence that can be seen."""
        if self.silence < _WORTH_SHADING * self.length:
            return self.line.gaps
        return [*self.line.gaps, (self.present - self.silence, self.present)]

    @property
    def interval(self) -> Point | None:
        """From when to when the balance may run out, as far as the frame shows it."""
        if self.ends.low is None or self.ends.low >= self.end:
            return None
        return self.ends.low, min(self.ends.high or self.end, self.end)

    @property
    def goes_on(self) -> bool:
        """Whether the balance may run out later than the frame shows."""
        known = (self.ends.low, self.ends.median, self.ends.high)
        endless = self.ends.low is not None and self.ends.high is None
        return endless or any(at is not None and at > self.end for at in known)

    def beyond(self, width: float = 0.0) -> float | None:
        """The moment to be told at the edge: the end at even odds, else the latest, if past it.

        None where a label `width` seconds wide would hide the end at even odds.
        """
        median = self.ends.median
        if median is not None and self.end - width < median <= self.end:
            return None
        moments = (median, self.ends.high)
        return next((at for at in moments if at is not None and at > self.end), None)

    @property
    def floor(self) -> float:
        """The lowest dollars of the line, zero at most."""
        return min([0.0, *(usd for _, usd in self.line.points)])

    @property
    def top(self) -> float:
        """The highest dollars of the line and of what lies ahead, zero at least."""
        ahead = self.ahead.high if self.ahead else ()
        return max([0.0, *(usd for _, usd in self.line.points), *ahead])

    def highest_from(self, start: float) -> float:
        """The highest dollars of all from `start` on."""
        bound = zip(self.ahead.times, self.ahead.high, strict=True) if self.ahead else ()
        expected = list(bound)
        # The bound falls all the way: it comes in at the value of the point before.
        entering = [usd for at, usd in expected if at < start][-1:]
        after = [usd for at, usd in expected if at >= start]
        return max([0.0, *self.line.within(start, self.end), *entering, *after])

    def reach(self, start: float, end: float) -> Point | None:
        """The lowest and the highest dollars of all that is drawn over [start, end), if any is."""
        found = self.line.within(start, end)
        if self.ahead is not None:
            for bound in (self.ahead.low, self.ahead.high):
                found += passing([*zip(self.ahead.times, bound, strict=True)], start, end)
        if self.line.last is not None and self.ends.linear is not None:
            found += passing([self.line.last, (self.ends.linear, 0.0)], start, end)
        return (min(found), max(found)) if found else None

    def end_allows(self, width: float, slack: float) -> tuple[bool, bool]:
        """Whether a label above the line's end, and one below, hides none of the line.

        The label is left of the end, `width` seconds wide; lines within `slack` dollars of
        the end are no hindrance.
        """
        at, usd = self.line.last or (0.0, 0.0)
        passing = [usd, *self.line.within(max(at - width, self.start), at)]
        return max(passing) <= usd + slack, min(passing) >= usd - slack


def burn_down(report: Report, account: AccountReport) -> BurnDown:
    """The picture of `account`'s balance: from the first known moment to where it may run out."""
    measured, present = line(account), report.until.timestamp()
    start = measured.points[0][0] if measured.stretches else report.since.timestamp()
    ahead, ends = None, Ends()
    marked = sorted({*_resets(account), *((step.at, step.kind) for step in measured.steps)})
    if measured.last is not None and report.until >= report.as_of:
        ahead, ends = _ahead(account, measured.last), Ends.of(account.depletion)
    start = min(start, present - _SHORTEST)
    seen = tuple(mark for mark in marked if start <= mark[0] <= present)
    end = last_shown(start, present, ends)
    shown = ahead if end > present else None
    return BurnDown(measured, seen, shown, ends, start, present, end)


def _resets(account: AccountReport) -> list[tuple[float, str]]:
    return [(e.at.timestamp(), e.kind) for e in account.events if e.kind == "reset"]


def _ahead(account: AccountReport, now: Point) -> Ahead | None:
    fan = [p for p in account.fan if p.at.timestamp() > now[0]]
    if not fan:
        return None

    def bound(quotas: Iterable[int]) -> tuple[float, ...]:
        return (now[1], *(in_dollars(quota, account) for quota in quotas))

    return Ahead(
        (now[0], *(p.at.timestamp() for p in fan)),
        bound(p.low for p in fan),
        bound(p.median for p in fan),
        bound(p.high for p in fan),
    )


def last_shown(start: float, present: float, ends: Ends) -> float:
    """Where a frame that begins at `start` ends.

    It shows all the future that is told, but never so much that the past is cramped; for the
    end at even odds the past is cramped more than for the latest.
    """
    past, ahead = present - start, ends.latest - present
    if ahead <= 0:
        return present
    wanted = min(max(ahead * _MARGIN, _LEAST_AHEAD * past), _ROOM_AHEAD * past)
    middle = ((ends.median or present) - present) * _MARGIN_BESIDE
    return present + (max(wanted, middle) if middle <= _MOST_AHEAD * past else wanted)
