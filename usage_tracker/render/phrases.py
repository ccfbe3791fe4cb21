"""Words and figures that several report formats share.

A window that reaches to the report's own moment is `last` or `since`; one that ended
before it is named with its end.
"""

import bisect
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Chance, Depletion
from usage_tracker.forecast.describe import SOON, coarse
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import AccountReport, Period, Rate, Report, ReportedEvent

_WINDOWS = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}

# The sign of a line, its name, and the field of the Reconciliation that holds its units.
STATEMENT_LINES = (
    ("", "opening balance", "opening"),
    ("+", "top-ups", "top_ups"),
    ("+", "refunds", "refunds"),
    ("±", "adjustments", "adjustments"),
    ("\N{MINUS SIGN}", "spend", "spend"),
    ("±", "in flight", "in_flight"),
    ("=", "closing balance", "closing"),
)


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
    return f"within {formatting.counted(chance.days, 'day')}"


def event_name(event: ReportedEvent) -> str:
    """Return an event in a few words: `top-up, not confirmed`, `gap of 9 h`."""
    if event.kind == "gap":
        return f"gap of {formatting.duration((event.at - event.after).total_seconds())}"
    return formatting.event(event.kind) + ("" if event.confirmed else ", not confirmed")


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


def closing_balance(period: Period, account: AccountReport) -> int | None:
    """Return the units left at the end of `period`; None after the last snapshot of all.

    The formats csv and json give the balance as last seen instead, as their contract says.
    """
    seen_later = account.snapshots.latest is None or account.snapshots.latest > period.start
    return period.closing if period.spend is not None or seen_later else None


def closing_mark(period: Period, account: AccountReport) -> str:
    """Return `~` for a balance that was seen before `period` began, else nothing."""
    known = closing_balance(period, account) is not None
    return "~" if known and _is_carried_over(period, account) else ""


def _is_carried_over(period: Period, account: AccountReport) -> bool:
    """Return whether no snapshot fell into the period or onto its end."""
    if period.coverage > 0:
        return False
    last = account.snapshots.last
    return (
        last is None
        or last <= period.start
        or any(
            event.kind == "gap" and event.after <= period.start and period.end < event.at
            for event in account.events
        )
    )
