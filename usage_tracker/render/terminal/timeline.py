"""Time as columns of characters, and the balance in each of them."""

import bisect
import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from usage_tracker.money import usd
from usage_tracker.render.chart_data.balance import Ends, last_shown
from usage_tracker.render.phrases import has_ended
from usage_tracker.reporting.model import AccountReport, Report

# A balance at a moment in Unix seconds, in dollars; None where it is not known from there on.
Knot = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`columns` of equal length over [start, end), in Unix seconds."""

    start: float
    end: float
    columns: int

    def edge(self, column: int) -> float:
        """The moment at which a column begins."""
        return self.start + column * (self.end - self.start) / self.columns

    def column(self, at: dt.datetime) -> int:
        """The column of a moment; outside the timeline there are none, but numbers go on."""
        return math.floor((at.timestamp() - self.start) / (self.end - self.start) * self.columns)

    def sample(self, knots: Sequence[Knot]) -> list[float | None]:
        """The value in the middle of each column, or of the part of it that `knots` reach."""
        return [self._value(column, knots) for column in range(self.columns)]

    def covered(self, spans: Sequence[tuple[float, float]]) -> list[bool]:
        """Of each column, whether at least half of it lies in `spans`, which do not overlap."""
        length = (self.end - self.start) / self.columns
        return [
            sum(max(min(end, at + length) - max(start, at), 0.0) for start, end in spans)
            >= length / 2
            for at in map(self.edge, range(self.columns))
        ]

    def _value(self, column: int, knots: Sequence[Knot]) -> float | None:
        if not knots:
            return None
        first, last = (
            max(self.edge(column), knots[0][0]),
            min(self.edge(column + 1), knots[-1][0]),
        )
        return None if first > last else _between(knots, (first + last) / 2)


def timeline(report: Report, account: AccountReport, columns: int) -> Timeline | None:
    """The time to show of `account`: what is known of the window, and as much ahead as matters.

    A window that has ended ends the picture: between it and now nothing is told.
    """
    known = [at for at, value in past(report, account) if value is not None]
    if not known or known[-1] <= known[0]:
        return None
    start, until = known[0], max(report.until.timestamp(), known[-1])
    if has_ended(report):
        return Timeline(start, until, columns)
    return Timeline(start, last_shown(start, until, Ends.of(account.depletion)), columns)


def past(report: Report, account: AccountReport) -> list[Knot]:
    """The balance as it was."""
    if account.burn_down:
        return [(p.at.timestamp(), usd(p.quota, account.quota_per_unit)) for p in account.burn_down]
    opening = (report.since, account.reconciliation.opening)
    closings = ((period.end, period.closing) for period in account.periods)
    return list(_knots((opening, *closings), account.quota_per_unit))


def gaps(account: AccountReport) -> list[tuple[float, float]]:
    """The stretches without a snapshot, from one to the next."""
    return [(e.after.timestamp(), e.at.timestamp()) for e in account.events if e.kind == "gap"]


def ahead(account: AccountReport) -> tuple[list[Knot], list[Knot], list[Knot]]:
    """The balance expected: its low, median and high course."""
    per_usd = account.quota_per_unit
    return (
        list(_knots(((p.at, p.low) for p in account.fan), per_usd)),
        list(_knots(((p.at, p.median) for p in account.fan), per_usd)),
        list(_knots(((p.at, p.high) for p in account.fan), per_usd)),
    )


def _knots(points: Iterable[tuple[dt.datetime, int | None]], per_usd: int) -> Iterable[Knot]:
    for at, units in points:
        yield at.timestamp(), None if units is None else usd(units, per_usd)


def _between(knots: Sequence[Knot], moment: float) -> float | None:
    after = bisect.bisect_right(knots, moment, key=lambda knot: knot[0])
    if after == len(knots):
        return knots[-1][1]
    (start, left), (end, right) = knots[after - 1], knots[after]
    if left is None or right is None or end == start:
        return left if moment == start else None
    return left + (right - left) * (moment - start) / (end - start)
