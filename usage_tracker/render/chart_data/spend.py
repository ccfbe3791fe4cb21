"""Spend by period as bars: whole, uncertain, still running, or unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data.marks import Mark, marks
from usage_tracker.render.dates import Calendar
from usage_tracker.render.phrases import events_by_period
from usage_tracker.reporting.model import AccountReport, Period, Report

Kind = Literal["whole", "uncertain", "short", "unknown"]

DOUBTS: Final[Mapping[Kind, tuple[str, str]]] = {
    "uncertain": ("in part estimated or unknown", "uncertain"),
    "short": ("not a whole {by}", "not whole"),
    "unknown": ("unknown", "unknown"),
}
"""What keys call the bars that are not whole, at length and in short; `{by}` is the period."""

LEAST = 7
"""The slots of a chart of fewer bars, which would be too broad without."""

_KNOWN, _KNOWN_SO_FAR = 0.995, 0.9


@dataclass(frozen=True, slots=True)
class Bar:
    """One period. `usd` is None where the spend is unknown; `marks` are of what else happened.

    `uncertain` bars rest on estimates or on a part of the period's time; `short` ones
    are of a period that has not ended or was cut off by the window.
    """

    start: float
    end: float
    usd: float | None
    marks: tuple[Mark, ...]
    kind: Kind


def bars(report: Report, account: AccountReport) -> tuple[Bar, ...]:
    """A bar a period, from the first of which anything is known."""
    calendar, unit = Calendar.of(report), account.quota_per_unit
    known = from_first_known(account.periods)
    return tuple(
        _bar(period, marks(events, unit), report.by, calendar, unit)
        for period, events in zip(known, events_by_period(known, account.events), strict=True)
    )


def places(bars: Sequence[Bar]) -> dict[Kind, list[tuple[int, float]]]:
    """The place and the dollars of each bar that can be drawn, by its kind.

    Bars too thin to stand alone are one shape of each kind, so that a guess is never drawn
    as a measurement however many there are.
    """
    found: dict[Kind, list[tuple[int, float]]] = {"whole": [], "short": [], "uncertain": []}
    for place, bar in enumerate(bars):
        if bar.usd is not None:
            found[bar.kind].append((place, bar.usd))
    return {kind: drawn for kind, drawn in found.items() if drawn}


def from_first_known(periods: Sequence[Period]) -> Sequence[Period]:
    """`periods` from the first of which anything is known; none if nothing is."""
    known = (i for i, p in enumerate(periods) if p.spend is not None or p.closing is not None)
    return periods[next(known, len(periods)) :]


def _bar(period: Period, marked: tuple[Mark, ...], by: By, calendar: Calendar, unit: int) -> Bar:
    return Bar(
        period.start.timestamp(),
        period.end.timestamp(),
        None if period.spend is None else period.spend / unit,
        marked,
        kind_of(period, by, calendar),
    )


def kind_of(period: Period, by: By, calendar: Calendar) -> Kind:
    """Whether a period is whole, uncertain, cut or still running, or unknown."""
    if period.spend is None:
        return "unknown"
    whole = calendar.is_edge(period.start, by) and calendar.is_edge(period.end, by)
    short = not whole or period.end > calendar.now
    if period.estimated or period.coverage < (_KNOWN_SO_FAR if short else _KNOWN):
        return "uncertain"
    return "short" if short else "whole"
