"""What happened in each period besides spending, and in which words it is told."""

import bisect
from collections.abc import Iterable, Sequence

from usage_tracker import formatting
from usage_tracker.reporting.model import Period, ReportedEvent


def by_period(
    periods: Sequence[Period], events: Iterable[ReportedEvent]
) -> list[list[ReportedEvent]]:
    """The events of each period; a gap is one of every period it reaches into.

    What is seen at the very end of a period is of that period, as its closing balance is.
    """
    starts = [period.start for period in periods]
    happened: list[list[ReportedEvent]] = [[] for _ in starts]
    for event in events:
        last = bisect.bisect_left(starts, event.at)
        first = bisect.bisect_right(starts, event.after) if event.kind == "gap" else last
        for found in happened[max(first, 1) - 1 : last]:
            found.append(event)
    return happened


def credits_of(periods: Sequence[Period], events: Iterable[ReportedEvent]) -> list[int]:
    """The units by which each period's balance moved without spending: its credit, signed."""
    return [
        (period.top_ups or 0) + (period.refunds or 0) + _adjusted(happened)
        for period, happened in zip(periods, by_period(periods, events), strict=True)
    ]


def _adjusted(events: Iterable[ReportedEvent]) -> int:
    return sum(event.quota or 0 for event in events if event.kind == "adjustment")


def told(event: ReportedEvent) -> str:
    """An event in a few words: `top-up, not confirmed`, `gap of 9 h`."""
    if event.kind == "gap":
        return f"gap of {formatting.duration((event.at - event.after).total_seconds())}"
    return formatting.event(event.kind) + ("" if event.confirmed else ", not confirmed")
