"""The figures as tables. Every amount carries its gateway units, every moment its ISO time."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render import phrases, summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.markup import Markup, element, together
from usage_tracker.render.phrases import (
    STATEMENT_LINES,
    closing_balance,
    closing_mark,
    credits_by_period,
    event_name,
)
from usage_tracker.reporting.model import AccountReport, Period, Rate, Report, ReportedEvent
from usage_tracker.times import iso, to_ms

Cell = Callable[[Period], Markup]


def amount(
    units: int | None, quota_per_unit: int, places: int | None = None, before: str = ""
) -> Markup:
    """Dollars for the reader, gateway units for a program."""
    if units is None:
        return together((formatting.UNKNOWN,))
    worth = formatting.dollars(usd(units, quota_per_unit), places)
    return element("data", before + worth, value=str(units))


def moment(at: dt.datetime, calendar: Calendar) -> Markup:
    """A moment in the reader's zone."""
    return element("time", calendar.minute(at), datetime=iso(to_ms(at)))


def table(
    name: str, heading: Sequence[str], rows: Iterable[Markup], foot: Iterable[Markup] = ()
) -> Markup:
    """A table that scrolls where it is too wide.

    A heading that ends in `>` stands over numbers, one that begins with `?` is told only
    where there is room.
    """
    head = element("thead", element("tr", *map(_heading, heading)))
    parts = (head, element("tbody", *rows), *(element("tfoot", row) for row in foot))
    whole = element("table", *parts)
    return element("div", whole, class_="scroll", role="region", aria_label=name, tabindex="0")


def _heading(title: str) -> Markup:
    classes = [name for name, sign in (("n", ">"), ("wide", "?")) if sign in title]
    return element("th", title.strip("?>"), scope="col", class_=" ".join(classes) or None)


def row(name: str | Markup, *cells: str | Markup) -> Markup:
    """A row under its name; the other cells are numbers."""
    return _row(name, ((cell, "n") for cell in cells))


def _row(name: str | Markup, cells: Iterable[tuple[str | Markup, str]]) -> Markup:
    numbers = (element("td", cell, class_=class_) for cell, class_ in cells)
    return element("tr", element("th", name, scope="row"), *numbers)


def periods(
    shown: Sequence[Period], report: Report, account: AccountReport, calendar: Calendar
) -> Markup:
    """The periods `shown`, newest last, with the columns that have something to tell."""
    columns = _columns(account, shown)
    looks = ["n wide" if title.startswith("?") else "n" for title, _ in columns]
    names = calendar.periods([period.start for period in shown], report.by)
    rows = (
        _row(
            element("time", name, datetime=iso(to_ms(period.start))),
            ((cell(period), look) for (_, cell), look in zip(columns, looks, strict=True)),
        )
        for name, period in zip(names, shown, strict=True)
    )
    titles = (report.by.capitalize(), *(f"{title}>" for title, _ in columns))
    return table(_of(f"Spend by {report.by}", account), titles, rows)


def _of(what: str, account: AccountReport) -> str:
    return f"{what}: {formatting.plain(account.account)}"


def _columns(account: AccountReport, shown: Sequence[Period]) -> list[tuple[str, Cell]]:
    unit = account.quota_per_unit
    spent, left = (
        formatting.common_places([None if u is None else usd(u, unit) for u in column])
        for column in ([p.spend for p in shown], [closing_balance(p, account) for p in shown])
    )
    columns: list[tuple[str, Cell]] = [("Spent", lambda p: _spend(p, unit, spent))]
    credit = dict(zip(shown, credits_by_period(shown, account.events), strict=True))
    if any(credit.values()):
        columns.append(("Credit", lambda p: _signed(credit[p], unit)))
    columns.append(("Balance", lambda p: _left(p, account, left)))
    if any(p.requests is not None for p in shown):
        columns.append(("?Requests", lambda p: together((formatting.count(p.requests),))))
    if any(p.coverage < 1 for p in shown):
        columns.append(("?Known", _known))
    return columns


def _known(period: Period) -> Markup:
    return element("span", formatting.percent(period.coverage), class_="muted")


def _spend(period: Period, unit: int, places: int) -> Markup:
    guessed = "~" if period.estimated and period.spend is not None else ""
    return amount(period.spend, unit, places, guessed)


def _left(period: Period, account: AccountReport, places: int) -> Markup:
    unit, guessed = account.quota_per_unit, closing_mark(period, account)
    return amount(closing_balance(period, account), unit, places, guessed)


def _signed(units: int | None, unit: int) -> Markup:
    """A credit with its sign; nothing if there is none."""
    return amount(units, unit, before="+" if (units or 0) > 0 else "") if units else Markup()


def rates(report: Report, account: AccountReport) -> Markup:
    """Spend over the last hour, day, week and month of the window."""
    heading = (phrases.rates_heading(report), "Spent>", "A day>", "Known>")
    return table(
        _of("What a day costs", account), heading, (_rate(rate, account) for rate in account.rates)
    )


def _rate(rate: Rate, account: AccountReport) -> Markup:
    spent = amount(rate.spend, account.quota_per_unit)
    a_day, known = formatting.dollars(rate.usd_per_day), formatting.percent(rate.coverage)
    return row(phrases.rate_window(rate), spent, a_day, known)


def reconciliation(account: AccountReport) -> Markup:
    """Where the balance came from, to the unit."""
    places = summary.statement_places(account)
    rows = (_line(account, places, *line) for line in STATEMENT_LINES)
    heading = ("Entry", "USD>", "Units>")
    return table(_of("Where the money went", account), heading, rows)


def _line(account: AccountReport, places: int, way: str, label: str, name: str) -> Markup:
    units = getattr(account.reconciliation, name)
    title = together((element("span", way, class_="sign"), label))
    return row(title, amount(units, account.quota_per_unit, places), formatting.count(units))


def events(account: AccountReport, calendar: Calendar) -> Markup:
    """Top-ups, refunds, adjustments, resets and gaps."""
    heading = ("When", "What", "Amount>")
    rows = (_event(event, account, calendar) for event in account.events)
    return table(_of("Events", account), heading, rows)


def _event(event: ReportedEvent, account: AccountReport, calendar: Calendar) -> Markup:
    when = element("th", moment(event.at, calendar), scope="row")
    worth = element("td", _signed(event.quota, account.quota_per_unit), class_="n")
    return element("tr", when, element("td", event_name(event)), worth)
