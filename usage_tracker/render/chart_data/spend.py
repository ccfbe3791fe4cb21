"""Spend by period as bars, and the mean spend of each hour of the week."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.ledger.events import CREDITS
from usage_tracker.render.chart_data.palette import EVENT_SHAPES
from usage_tracker.render.dates import Calendar
from usage_tracker.render.phrases import events_by_period, records
from usage_tracker.reporting.model import AccountReport, Period, Report, ReportedEvent

Kind = Literal["whole", "uncertain", "short", "unknown"]

KIND_LABELS: Final[Mapping[Kind, tuple[str, str]]] = {
    "uncertain": ("in part estimated or unknown", "uncertain"),
    "short": ("not a whole {by}", "not whole"),
    "unknown": ("unknown", "unknown"),
}
"""Long and short legend labels of the bars that are not whole; `{by}` is the period."""

MIN_SLOTS = 7
"""The fewest bar widths of a chart: fewer bars would be too broad."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# 7 rows, Monday first, of 24 mean dollars an hour; None where the mean is unknown.
Heatmap = tuple[tuple[float | None, ...], ...]

_COMPLETE, _COMPLETE_SO_FAR = 0.995, 0.9


@dataclass(frozen=True, slots=True)
class EventMark:
    """All events of one `kind` in a period; `usd` is the sum of their amounts, if known."""

    kind: str
    usd: float | None

    @property
    def label(self) -> str:
        """`top-up +$100.00`, `counter reset`."""
        name = formatting.event_name(self.kind)
        return name if self.usd is None else f"{name} {formatting.signed(self.usd)}"


@dataclass(frozen=True, slots=True)
class Bar:
    """The spend of one period, None if unknown, and the events in it.

    `uncertain` bars are estimated or cover a part of the period; `short` ones belong to a
    period that has not ended or that the window cuts off.
    """

    start: float
    end: float
    usd: float | None
    marks: tuple[EventMark, ...]
    kind: Kind


def bars(report: Report, account: AccountReport) -> tuple[Bar, ...]:
    """Return a bar for each period, starting with the first that has data."""
    calendar, unit = Calendar.of(report), account.quota_per_unit
    periods = _from_first_known(records(account.periods))
    events = events_by_period(periods, records(account.events))
    return tuple(
        Bar(
            period.start.timestamp(),
            period.end.timestamp(),
            None if period.spend is None else period.spend / unit,
            _marks(happened, unit),
            kind_of(period, report.by, calendar),
        )
        for period, happened in zip(periods, events, strict=True)
    )


def _from_first_known(periods: Sequence[Period]) -> Sequence[Period]:
    known = (i for i, p in enumerate(periods) if p.spend is not None or p.closing is not None)
    return periods[next(known, len(periods)) :]


def _marks(events: Iterable[ReportedEvent], unit: float) -> tuple[EventMark, ...]:
    amounts: dict[str, list[int]] = {}
    for event in events:
        known = amounts.setdefault(event.kind, [])
        if event.kind in CREDITS and event.quota is not None:
            known.append(event.quota)
    return tuple(
        EventMark(kind, sum(amounts[kind]) / unit if amounts[kind] else None)
        for kind in EVENT_SHAPES
        if kind in amounts
    )


def kind_of(period: Period, by: By, calendar: Calendar, *, ignore_estimate: bool = False) -> Kind:
    """Return whether a period is whole, uncertain, short (cut off or still running) or unknown."""
    if period.spend is None:
        return "unknown"
    whole = calendar.is_edge(period.start, by) and calendar.is_edge(period.end, by)
    short = not whole or period.end > calendar.now
    estimated = period.estimated and not ignore_estimate
    if estimated or period.coverage < (_COMPLETE_SO_FAR if short else _COMPLETE):
        return "uncertain"
    return "short" if short else "whole"


def bars_by_kind(bars: Sequence[Bar]) -> dict[Kind, list[tuple[int, float]]]:
    """Return the index and dollars of each bar with known spend, by kind.

    Bars too thin to draw one by one become one shape for each kind, so that an estimate
    never looks like a measurement.
    """
    found: dict[Kind, list[tuple[int, float]]] = {"whole": [], "short": [], "uncertain": []}
    for i, bar in enumerate(bars):
        if bar.usd is not None:
            found[bar.kind].append((i, bar.usd))
    return {kind: drawn for kind, drawn in found.items() if drawn}


def heatmap(account: AccountReport) -> Heatmap:
    """Return the mean dollars an hour by weekday and hour; empty if no hour is known."""
    if all(units is None for day in account.heat for units in day):
        return ()
    unit = account.quota_per_unit
    return tuple(tuple(None if u is None else u / unit for u in day) for day in account.heat)


def most_expensive(hours: Heatmap) -> float:
    """Return the dollars of the most expensive hour."""
    return max((usd for day in hours for usd in day if usd is not None), default=0.0)


def intensity(usd: float, top: float) -> float:
    """Return the colour intensity of an hour, 0 to 1.

    The square root keeps the other hours visible beside one burst.
    """
    return math.sqrt(min(max(usd / top, 0.0), 1.0)) if top > 0 else 0.0
