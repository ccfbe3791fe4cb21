"""The small tables of an account: its rates, its statement, its events and its end."""

import datetime as dt

from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render import phrases, summary
from usage_tracker.render.phrases import (
    STATEMENT_LINES,
    chances,
    depletion_date,
    depletion_dates,
    event_name,
    within,
)
from usage_tracker.render.terminal.context import Page
from usage_tracker.render.terminal.event_marks import credit, sign
from usage_tracker.render.terminal.table import Column, Sheet
from usage_tracker.reporting.model import AccountReport

LATEST_EVENTS = 12


def rates(page: Page, account: AccountReport) -> Sheet:
    """What was spent lately, and what a day costs by that."""
    columns = (
        Column(phrases.rates_heading(page.report)),
        Column("Spent", right=True),
        Column("A day", right=True),
        Column("Known", right=True),
    )
    rows = [
        (
            phrases.rate_window(rate),
            formatting.dollars(rate.usd),
            formatting.dollars(rate.usd_per_day),
            formatting.percent(rate.coverage),
        )
        for rate in account.rates
    ]
    return Sheet(columns, [[page.ink.text(cell) for cell in row] for row in rows])


def statement(page: Page, account: AccountReport) -> Sheet:
    """The window's reconciliation, a little ledger whose units add up."""
    if not summary.has_statement(account):
        return Sheet((), ())
    units = [getattr(account.reconciliation, name) for *_, name in STATEMENT_LINES]
    worth = [None if u is None else usd(u, account.quota_per_unit) for u in units]
    places = summary.statement_places(account)
    rows = [
        (sign, label, formatting.dollars(dollars, places), formatting.count(whole))
        for (sign, label, _), dollars, whole in zip(STATEMENT_LINES, worth, units, strict=True)
    ]
    columns = (Column(), Column(), Column("USD", right=True), Column("Units", right=True))
    return Sheet(columns, [[page.ink.text(cell) for cell in row] for row in rows])


def events(page: Page, account: AccountReport) -> Sheet:
    """The latest events."""
    rows = [
        (
            sign(event, page.ink),
            page.calendar.minute(event.at),
            event_name(event),
            credit(event.quota or 0, account.quota_per_unit),
        )
        for event in account.events[-LATEST_EVENTS:]
    ]
    return Sheet((Column(), Column(), Column(), Column(right=True)), rows)


def ends(page: Page, account: AccountReport) -> Sheet:
    """When the balance runs out: the interval, its middle, and what a straight line says."""
    depletion, calendar = account.depletion, page.calendar
    rows = [
        (name, depletion_date(at, calendar), _ahead(page, at))
        for name, at in depletion_dates(depletion)
    ]
    rows += [(within(chance), formatting.chance(chance.p), "") for chance in chances(depletion)]
    return Sheet((Column(), Column(), Column(style="dim", right=True)), rows)


def _ahead(page: Page, at: dt.datetime) -> str:
    seconds = (at - page.report.as_of).total_seconds()
    return f"in {formatting.duration(seconds)}" if seconds > 0 else "by now"
