"""Markdown for issues, wikis and chat: sentences and tables, with foreign text escaped.

Several accounts begin with an overview, sorted by the days left; more than `FLEET` have
only that.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.render import phrases, summary
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import FLEET, AccountReport, Detail, Report

DETAILS = Detail.DEPLETION | Detail.TRUST

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>@$=:])")


def render(report: Report) -> str:
    """Return `report` as Markdown with tables (GitHub's dialect)."""
    calendar = Calendar.of(report)
    moment, zone = (
        calendar.minute(report.as_of, year=True),
        formatting.timezone_name(report.timezone),
    )
    parts = [f"As of {moment}, times in {zone}."]
    if len(report.accounts) > 1:
        parts.append(_overview(report, calendar))
        if notes := summary.sum_notes(report.accounts):
            parts.append(escape(notes, len(notes)))
    if not report.accounts:
        parts.append("There are no accounts.")
    if len(report.accounts) <= FLEET:
        for account in summary.by_days_left(report.accounts, report.as_of):
            parts += _account(report, account, calendar)
    return "\n\n".join(parts) + "\n"


def escape(text: str, limit: int = 60) -> str:
    """Return foreign `text` on one line, free of markup, HTML and cell separators."""
    html = formatting.plain(text, limit).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", html)


def _overview(report: Report, calendar: Calendar) -> str:
    rows = (
        (
            escape(account.account),
            summary.left(account),
            summary.per_day(account),
            summary.days_left(account, report.as_of),
            summary.depletion_sentence(account.depletion, calendar),
        )
        for account in summary.by_days_left(report.accounts, report.as_of)
    )
    return _table(("Account", "Left >", "Per day >", "Days left >", "Runs out"), rows)


def _account(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[str]:
    yield f"## {escape(account.account)}"
    balance = summary.balance_sentence(account, report)
    yield f"**{balance}** {summary.forecast_sentence(account, calendar)}".rstrip()
    if account.trust:
        yield account.trust
    if summary.known_periods(account):
        titles = ("Period", "Spent >", "Credit >", "Requests >", "Balance >", "Coverage >")
        yield f"### Spend by {report.by}"
        yield _table(titles, _periods(report, account, calendar))
    if rates := phrases.records(account.rates):
        rate_titles = (phrases.rates_heading(report), *(f"{t} >" for t in phrases.RATE_TITLES))
        yield "### Daily spend"
        yield _table(rate_titles, map(phrases.rate_row, rates))
    if summary.has_statement(account):
        lines = summary.statement(account)
        yield "### Where the money went"
        yield _table(
            ("Entry", "USD >", "Units >"),
            ((name, dollars, formatting.count(units)) for _, name, dollars, units in lines),
        )
    if events := phrases.records(account.events):
        rows = (
            (
                phrases.event_phrase(event),
                calendar.minute(event.at),
                formatting.signed(phrases.credited(event)) if event.quota else "",
            )
            for event in events
        )
        yield "### Events"
        yield _table(("Event", "When", "USD >"), rows)
    yield summary.snapshots_sentence(account, report)


def _periods(
    report: Report, account: AccountReport, calendar: Calendar
) -> Iterator[tuple[str, ...]]:
    periods = summary.known_periods(account)
    credits_ = (
        phrases.worth(units, account)
        for units in phrases.credits_by_period(periods, phrases.records(account.events))
    )
    return zip(
        calendar.periods([period.start for period in periods], report.by),
        phrases.spent_column(periods),
        (formatting.signed(credit) if credit else "" for credit in credits_),
        (formatting.count(period.requests) for period in periods),
        phrases.balance_column(periods, account),
        (formatting.percent(period.coverage) for period in periods),
        strict=True,
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a title that ends in ` >` is above numbers."""
    heading = [title.removesuffix(" >") for title in titles]
    rule = ["---:" if title.endswith(" >") else "---" for title in titles]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, rule, *rows))
