"""Markdown for issues, wikis and chat: a few sentences and tables, with foreign text escaped.

Several accounts begin with an overview, sorted by the days left; a fleet of more than
`FLEET` has nothing but that.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render import phrases, summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.phrases import (
    STATEMENT_LINES,
    closing_balance,
    closing_mark,
    credits_by_period,
    event_name,
)
from usage_tracker.render.summary import FLEET
from usage_tracker.reporting.model import AccountReport, Detail, Report, ReportedEvent

DETAILS = Detail.DEPLETION | Detail.TRUST

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>@$=:])")


def render(report: Report) -> str:
    """`report` as Markdown with tables (GitHub's dialect)."""
    calendar = Calendar.of(report)
    moment, zone = calendar.minute(report.as_of, year=True), formatting.timezone(report.timezone)
    parts = [f"As of {moment}, times in {zone}."]
    if len(report.accounts) > 1:
        parts.append(_overview(report, calendar))
    if not report.accounts:
        parts.append("There are no accounts.")
    if len(report.accounts) <= FLEET:
        for account in summary.by_days_left(report.accounts, report.as_of):
            parts += _detail(report, account, calendar)
    return "\n\n".join(parts) + "\n"


def escape(text: str, limit: int = 60) -> str:
    """Foreign `text` as literal Markdown on one line: neither markup, HTML nor a cell's end."""
    html = formatting.plain(text, limit).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", html)


def _overview(report: Report, calendar: Calendar) -> str:
    rows = (
        (
            escape(account.account),
            formatting.dollars(account.balance.usd if account.balance else None),
            formatting.dollars(rate.usd_per_day if (rate := summary.usual_rate(account)) else None),
            summary.days_left(account, report.as_of),
            summary.outlook(account.depletion, calendar),
        )
        for account in summary.by_days_left(report.accounts, report.as_of)
    )
    return _table(("Account", "Left >", "A day >", "Days left >", "Runs out"), rows)


def _detail(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[str]:
    yield f"## {escape(account.account)}"
    yield f"**{summary.standing(account, report)}** {summary.verdict(account, calendar)}".rstrip()
    if account.trust:
        yield account.trust
    if summary.known_periods(account):
        heading = ("Period", "Spent >", "Credit >", "Requests >", "Balance >", "Known >")
        yield f"### Spend by {report.by}"
        yield _table(heading, _periods(report, account, calendar))
    if account.rates:
        yield "### What a day costs"
        yield _table(_rates_heading(report), _rates(account))
    if summary.has_statement(account):
        yield "### Where the money went"
        yield _table(("Entry", "USD >", "Units >"), _statement(account))
    if account.events:
        yield "### Events"
        yield _table(("Event", "When", "USD >"), (_event(e, calendar) for e in account.events))
    yield summary.foundation(account, report)


def _periods(
    report: Report, account: AccountReport, calendar: Calendar
) -> Iterator[tuple[str, ...]]:
    periods, unit = summary.known_periods(account), account.quota_per_unit
    names = calendar.periods([period.start for period in periods], report.by)
    credits_ = credits_by_period(periods, account.events)
    left = [
        None if u is None else usd(u, unit) for u in (closing_balance(p, account) for p in periods)
    ]
    spent_places, left_places = (
        formatting.common_places(c) for c in ([p.usd for p in periods], left)
    )
    for name, period, credit, balance in zip(names, periods, credits_, left, strict=True):
        guessed = "~" if period.estimated and period.usd is not None else ""
        yield (
            name,
            guessed + formatting.dollars(period.usd, spent_places),
            formatting.signed(usd(credit, unit)) if credit else "",
            formatting.count(period.requests),
            closing_mark(period, account) + formatting.dollars(balance, left_places),
            formatting.percent(period.coverage),
        )


def _rates_heading(report: Report) -> tuple[str, ...]:
    return phrases.rates_heading(report), "Spent >", "A day >", "Known >"


def _rates(account: AccountReport) -> Iterator[tuple[str, ...]]:
    for rate in account.rates:
        name, known = phrases.rate_window(rate), formatting.percent(rate.coverage)
        yield name, formatting.dollars(rate.usd), formatting.dollars(rate.usd_per_day), known


def _statement(account: AccountReport) -> Iterator[tuple[str, ...]]:
    places = summary.statement_places(account)
    for _, label, name in STATEMENT_LINES:
        units = getattr(account.reconciliation, name)
        worth = None if units is None else usd(units, account.quota_per_unit)
        yield label, formatting.dollars(worth, places), formatting.count(units)


def _event(event: ReportedEvent, calendar: Calendar) -> tuple[str, ...]:
    worth = formatting.signed(event.usd) if event.quota else ""
    return event_name(event), calendar.minute(event.at), worth


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a heading that ends in ` >` stands over numbers."""
    titles = [title.removesuffix(" >") for title in heading]
    rule = ["---:" if title.endswith(" >") else "---" for title in heading]
    return "\n".join(f"| {' | '.join(row)} |" for row in (titles, rule, *rows))
