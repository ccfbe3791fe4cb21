"""Words and figures that several report formats share.

A window that reaches to the report's own moment is `last` or `since`; one that ended
before it is named with its end.
"""

import bisect
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Chance, Depletion
from usage_tracker.forecast.describe import SOON, coarse
from usage_tracker.ledger.events import CREDITS, STRETCHES
from usage_tracker.money import usd
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import (
    AccountReport,
    Coverage,
    Period,
    Rate,
    Report,
    ReportedEvent,
)

_WINDOWS = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}

# The titles above the figures of `rate_row`, after the window.
RATE_TITLES = ("Spent", "Per day", "Coverage")

Row = TypeVar("Row")


def records(table: Iterable[Row]) -> list[Row]:
    """Return the rows of an account's periods, rates or events."""
    return list(table)


def worth(units: int | None, account: AccountReport) -> float | None:
    """Return the dollars of `units`, None if they are unknown."""
    return None if units is None else usd(units, account.quota_per_unit)


def has_ended(report: Report) -> bool:
    """Return whether the window ended before the report's own moment."""
    return report.until < report.as_of


def rate_window(rate: Rate) -> str:
    """Return a rate's window in words: `7 days` for `7d`."""
    return _WINDOWS.get(rate.window, rate.window)


def rate_window_phrase(rate: Rate, report: Report) -> str:
    """Return a rate's window with its end: `last 7 days`, or `7 days to Fri 20 Nov`."""
    window = rate_window(rate)
    return f"{window} to {_until(report)}" if has_ended(report) else f"last {window}"


def rates_heading(report: Report) -> str:
    """Return the title above the windows of rates: `Last`, or `To Fri 20 Nov`."""
    return f"To {_until(report)}" if has_ended(report) else "Last"


def rate_row(rate: Rate) -> tuple[str, str, str, str]:
    """Return a rate's window, its spend, its spend per day and its coverage."""
    return (
        rate_window(rate),
        formatting.dollars(rate.usd),
        formatting.dollars(rate.usd_per_day),
        formatting.percent(rate.coverage),
    )


def window_phrase(since: dt.datetime, report: Report) -> str:
    """Return `since Wed 31 Dec 2025`, or `Wed 31 Dec 2025 to Fri 30 Jan`."""
    first = Calendar.of(report).day(since)
    return f"{first} to {_until(report)}" if has_ended(report) else f"since {first}"


def _until(report: Report) -> str:
    return Calendar.of(report).day(report.until)


def depletion_dates(depletion: Depletion) -> Iterator[tuple[str, dt.datetime]]:
    """Yield the known dates by which the balance may be used up, with their names, earliest first.

    A balance that is used up has none.
    """
    if depletion.state == "depleted":
        return
    outside = (1 - depletion.level) / 2
    dates = (
        (f"{formatting.percent(outside, 1)} by", depletion.low),
        ("even odds by", depletion.median),
        (f"{formatting.percent(1 - outside, 1)} by", depletion.high),
        ("straight line", depletion.linear),
    )
    yield from ((name, at) for name, at in dates if at is not None)


def depletion_date(at: dt.datetime, calendar: Calendar) -> str:
    """Return a date to ten minutes if it is less than two days ahead, else to the day."""
    return calendar.minute(coarse(at)) if at - calendar.now < SOON else calendar.day(at)


def chances(depletion: Depletion) -> tuple[Chance, ...]:
    """Return the chances of running out; a balance that is used up has none."""
    return () if depletion.state == "depleted" else depletion.probability


def within(chance: Chance) -> str:
    """Return the name of a chance: `within 7 days`."""
    return f"within {formatting.count_noun(chance.days, 'day')}"


def event_kind(event: ReportedEvent) -> str:
    """Return the kind of an event in words: `top-up, not confirmed`."""
    return formatting.event_name(event.kind) + ("" if event.confirmed else ", not confirmed")


def event_phrase(event: ReportedEvent) -> str:
    """Return the kind of an event, and its size if it is not a credit: `gap of 9 h`."""
    if event.kind in STRETCHES:
        length = formatting.duration((event.at - event.after).total_seconds())
        return f"{event_kind(event)}: {formatting.dollars(event.usd)} in {length}"
    if event.kind == "gap":
        return f"gap of {formatting.duration((event.at - event.after).total_seconds())}"
    return event_kind(event)


def credited(event: ReportedEvent) -> float | None:
    """Return the dollars that an event added to the balance, None if it is not a credit."""
    return event.usd if event.kind in CREDITS else None


def events_by_period(
    periods: Sequence[Period], events: Iterable[ReportedEvent]
) -> list[list[ReportedEvent]]:
    """Return the events of each period; a gap belongs to every period it reaches into.

    An event at the very end of a period belongs to it, as its closing balance does.
    """
    starts = [period.start for period in periods]
    found: list[list[ReportedEvent]] = [[] for _ in starts]
    for event in events:
        last = bisect.bisect_left(starts, event.at)
        first = bisect.bisect_right(starts, event.after) if event.kind == "gap" else last
        for of_period in found[max(first, 1) - 1 : last]:
            of_period.append(event)
    return found


def credits_by_period(periods: Sequence[Period], events: Iterable[ReportedEvent]) -> list[int]:
    """Return the signed units by which each period's balance changed without spending."""
    return [
        (period.top_ups or 0)
        + (period.refunds or 0)
        + sum(event.quota or 0 for event in found if event.kind == "adjustment")
        for period, found in zip(periods, events_by_period(periods, events), strict=True)
    ]


def spent_column(periods: Sequence[Period]) -> list[str]:
    """Return the spend of each period with common decimals, with `~` if it is an estimate."""
    places = formatting.column_places([period.usd for period in periods])
    return [
        ("~" if period.estimated and period.usd is not None else "")
        + formatting.dollars(period.usd, places)
        for period in periods
    ]


def balance_column(periods: Sequence[Period], account: AccountReport) -> list[str]:
    """Return the balance at the end of each period with common decimals and its mark."""
    closings = [(worth(units, account), mark) for units, mark in closing_balances(periods, account)]
    places = formatting.column_places([dollars for dollars, _ in closings])
    return [mark + formatting.dollars(dollars, places) for dollars, mark in closings]


def closing_balances(
    periods: Sequence[Period], account: AccountReport
) -> list[tuple[int | None, str]]:
    """Return the units left at the end of each period, with `~` if they were seen before it began.

    They are None after the last snapshot of all. The formats csv and json give the balance
    as last seen instead, as their contract says.
    """
    gaps = [event for event in records(account.events) if event.kind == "gap"]
    return [_closing(period, account.snapshots, gaps) for period in periods]


def _closing(
    period: Period, snapshots: Coverage, gaps: Iterable[ReportedEvent]
) -> tuple[int | None, str]:
    seen_later = snapshots.latest is None or snapshots.latest > period.start
    if period.closing is None or not (period.spend is not None or seen_later):
        return None, ""
    has_snapshot = period.coverage > 0 or not (
        snapshots.last is None
        or snapshots.last <= period.start
        or any(gap.after <= period.start and period.end < gap.at for gap in gaps)
    )
    return period.closing, "" if has_snapshot else "~"
