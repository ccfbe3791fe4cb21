"""The burn-down chart: the measured balance, the forecast, and the time range of both."""

from collections.abc import Iterable
from dataclasses import dataclass

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data.line import Line, Point, in_dollars, line, values_within
from usage_tracker.render.phrases import has_ended, records
from usage_tracker.reporting.model import AccountReport, Report

# The future's share of the past: the usual most, the most for the median end, the least.
_MOST_AHEAD, _MOST_FOR_MEDIAN, _LEAST_AHEAD = 1.6, 4.0, 0.12
_MARGIN, _MARGIN_AFTER_MEDIAN = 1.03, 1.08
_SHORTEST = 60.0
_VISIBLE = 0.01


@dataclass(frozen=True, slots=True)
class Forecast:
    """The median and the bounds of the expected balance at `times`, all of equal length."""

    times: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]

    def median_to_zero(self) -> list[Point]:
        """Return the median line up to its first point at zero."""
        points = list(zip(self.times, self.median, strict=True))
        end = next((i for i, (_, usd) in enumerate(points) if i and usd <= 0), len(points) - 1)
        return points[: end + 1]


@dataclass(frozen=True, slots=True)
class Ends:
    """The moments at which the balance may run out, None if unknown."""

    low: float | None = None
    median: float | None = None
    high: float | None = None
    linear: float | None = None

    @classmethod
    def of(cls, depletion: Depletion) -> "Ends":
        """Return the ends of `depletion`."""
        moments = (depletion.low, depletion.median, depletion.high, depletion.linear)
        return cls(*(None if at is None else at.timestamp() for at in moments))

    @property
    def latest(self) -> float:
        """The last of them, minus infinity if none is known."""
        moments = (self.low, self.median, self.high, self.linear)
        return max((at for at in moments if at is not None), default=float("-inf"))


@dataclass(frozen=True, slots=True)
class BurnDown:
    """A burn-down chart over [start, end].

    `present` is the end of the report's window; the line and the `marks` (moments and kinds
    of events) end there. There is no forecast if the window ends before the report's moment.
    """

    line: Line
    marks: tuple[tuple[float, str], ...]
    forecast: Forecast | None
    ends: Ends
    start: float
    present: float
    end: float

    @property
    def length(self) -> float:
        """The seconds from start to end, always positive."""
        return self.end - self.start

    @property
    def silence(self) -> float:
        """The seconds between the last snapshot and the present."""
        return self.present - self.line.last[0] if self.line.last else 0.0

    @property
    def unobserved(self) -> list[Point]:
        """The times without snapshots: the gaps, and a visible time since the last snapshot."""
        if self.silence < _VISIBLE * self.length:
            return self.line.gaps
        return [*self.line.gaps, (self.present - self.silence, self.present)]

    @property
    def interval(self) -> Point | None:
        """The times between which the balance may run out, as far as the chart shows them."""
        if self.ends.low is None or self.ends.low >= self.end:
            return None
        return self.ends.low, min(self.ends.high or self.end, self.end)

    @property
    def continues(self) -> bool:
        """Whether the balance may run out after the chart's end."""
        known = (self.ends.low, self.ends.median, self.ends.high)
        endless = self.ends.low is not None and self.ends.high is None
        return endless or any(at is not None and at > self.end for at in known)

    def beyond(self, width: float = 0.0) -> float | None:
        """Return the moment to write at the right edge: the median or else the latest end.

        Return None if the chart shows it, or if a label `width` seconds wide would hide the
        median.
        """
        median = self.ends.median
        if median is not None and self.end - width < median <= self.end:
            return None
        moments = (median, self.ends.high)
        return next((at for at in moments if at is not None and at > self.end), None)

    @property
    def floor(self) -> float:
        """The lowest dollars of the line, at most zero."""
        return min([0.0, *(usd for _, usd in self.line.points)])

    @property
    def top(self) -> float:
        """The highest dollars of line and forecast, at least zero."""
        forecast = self.forecast.high if self.forecast else ()
        return max([0.0, *(usd for _, usd in self.line.points), *forecast])

    def highest_from(self, start: float) -> float:
        """Return the highest dollars of line and forecast from `start` on, at least zero."""
        high = [*zip(self.forecast.times, self.forecast.high, strict=True)] if self.forecast else []
        # The bound only falls, so its value at `start` is at most that of the point before.
        entering = [usd for at, usd in high if at < start][-1:]
        after = [usd for at, usd in high if at >= start]
        return max([0.0, *self.line.within(start, self.end), *entering, *after])

    def extremes(self, start: float, end: float) -> Point | None:
        """Return the lowest and highest dollars of all lines over [start, end), if any."""
        found = self.line.within(start, end)
        if self.forecast is not None:
            for bound in (self.forecast.low, self.forecast.high):
                found += values_within([*zip(self.forecast.times, bound, strict=True)], start, end)
        if self.line.last is not None and self.ends.linear is not None:
            found += values_within([self.line.last, (self.ends.linear, 0.0)], start, end)
        return (min(found), max(found)) if found else None

    def clear_at_end(self, width: float, slack: float) -> tuple[bool, bool]:
        """Return whether a label above the line's end, and one below, hides no part of the line.

        The label is to the left of the end, `width` seconds wide; lines within `slack` dollars
        of the end do not count.
        """
        at, usd = self.line.last or (0.0, 0.0)
        passed = [usd, *self.line.within(max(at - width, self.start), at)]
        return max(passed) <= usd + slack, min(passed) >= usd - slack


def burn_down(report: Report, account: AccountReport) -> BurnDown:
    """Return the chart of `account` from its first known balance to where it may run out."""
    measured, present = line(account), report.until.timestamp()
    start = measured.points[0][0] if measured.stretches else report.since.timestamp()
    start = min(start, present - _SHORTEST)
    forecast, ends = None, Ends()
    if measured.last is not None and not has_ended(report):
        forecast, ends = _forecast(account, measured.last), Ends.of(account.depletion)
    end = last_shown(start, present, ends)
    marks = {(e.at.timestamp(), e.kind) for e in records(account.events) if e.kind == "reset"}
    marks |= {(step.at, step.kind) for step in measured.steps}
    return BurnDown(
        measured,
        tuple(mark for mark in sorted(marks) if start <= mark[0] <= present),
        forecast if end > present else None,
        ends, start, present, end,
    )  # fmt: skip


def _forecast(account: AccountReport, last: Point) -> Forecast | None:
    fan = [p for p in account.fan if p.at.timestamp() > last[0]]
    if not fan:
        return None

    def bound(quotas: Iterable[int]) -> tuple[float, ...]:
        return (last[1], *(in_dollars(quota, account) for quota in quotas))

    return Forecast(
        (last[0], *(p.at.timestamp() for p in fan)),
        bound(p.low for p in fan),
        bound(p.median for p in fan),
        bound(p.high for p in fan),
    )


def last_shown(start: float, present: float, ends: Ends) -> float:
    """Return the end of a chart that starts at `start`.

    The chart shows every end, unless the past would become too narrow; the median end may
    narrow it more than the latest.
    """
    past, ahead = present - start, ends.latest - present
    if ahead <= 0:
        return present
    wanted = min(max(ahead * _MARGIN, _LEAST_AHEAD * past), _MOST_AHEAD * past)
    median = ((ends.median or present) - present) * _MARGIN_AFTER_MEDIAN
    return present + (max(wanted, median) if median <= _MOST_FOR_MEDIAN * past else wanted)
