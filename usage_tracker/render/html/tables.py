"""The figures as tables. Every amount carries its gateway units, every time its ISO form."""

import datetime as dt
from collections.abc import Iterable, Sequence

from usage_tracker import formatting
from usage_tracker.render import phrases, summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.markup import Markup, element, join
from usage_tracker.reporting.model import AccountReport, Period, Report, ReportedEvent
from usage_tracker.times import iso, to_ms


def amount(units: int | None, account: AccountReport) -> Markup:
    """Return dollars for the reader, gateway units for a program."""
    return data(formatting.dollars(phrases.worth(units, account)), units)


def data(text: str, units: int | None) -> Markup:
    """Return `text` with the `units` it stands for."""
    return join((text,)) if units is None else element("data", text, value=str(units))


def moment(at: dt.datetime, text: str) -> Markup:
    """Return `text` with the time it stands for."""
    return element("time", text, datetime=iso(to_ms(at)))


def table(
    name: str, titles: Sequence[str], rows: Iterable[Markup], foot: Iterable[Markup] = ()
) -> Markup:
    """Return a table that scrolls if it is too wide.

    A title that ends in `>` is above numbers; a column whose title begins with `?` is hidden
    on a narrow screen.
    """
    head = element("thead", element("tr", *map(_title, titles)))
    parts = (head, element("tbody", *rows), *(element("tfoot", row) for row in foot))
    content = element("table", *parts)
    return element("div", content, class_="scroll", role="region", aria_label=name, tabindex="0")


def _title(title: str) -> Markup:
    classes = [name for name, sign in (("n", ">"), ("wide", "?")) if sign in title]
    return element("th", title.strip("?>"), scope="col", class_=" ".join(classes) or None)


def _row(name: str | Markup, cells: Iterable[tuple[str | Markup, str]]) -> Markup:
    numbers = (element("td", cell, class_=class_) for cell, class_ in cells)
    return element("tr", element("th", name, scope="row"), *numbers)


def _name(title: str, account: AccountReport) -> str:
    return f"{title}: {formatting.plain(account.account)}"


def periods(
    shown: Sequence[Period], report: Report, account: AccountReport, calendar: Calendar
) -> Markup:
    """Return the periods `shown`, newest last, without empty columns."""
    columns = _columns(account, shown)
    classes = ["n wide" if title.startswith("?") else "n" for title, _ in columns]
    names = calendar.periods([period.start for period in shown], report.by)
    rows = (
        _row(moment(period.start, name), zip(cells, classes, strict=True))
        for name, period, *cells in zip(names, shown, *(c for _, c in columns), strict=True)
    )
    titles = (report.by.capitalize(), *(f"{title}>" for title, _ in columns))
    return table(_name(f"Spend by {report.by}", account), titles, rows)


def _columns(account: AccountReport, shown: Sequence[Period]) -> list[tuple[str, list[Markup]]]:
    spent = zip(phrases.spent_column(shown), shown, strict=True)
    columns = [("Spent", [data(text, period.spend) for text, period in spent])]
    credit = phrases.credits_by_period(shown, phrases.records(account.events))
    if any(credit):
        columns.append(("Credit", [_credit(units, account) for units in credit]))
    balances = zip(
        phrases.balance_column(shown, account),
        phrases.closing_balances(shown, account),
        strict=True,
    )
    columns.append(("Balance", [data(text, units) for text, (units, _) in balances]))
    if any(p.requests is not None for p in shown):
        requests = [join((formatting.count(p.requests),)) for p in shown]
        columns.append(("?Requests", requests))
    if any(p.coverage < 1 for p in shown):
        percents = (formatting.percent(p.coverage) for p in shown)
        columns.append(("?Coverage", [element("span", p, class_="muted") for p in percents]))
    return columns


def _credit(units: int | None, account: AccountReport) -> Markup:
    """Return a credit with its sign; empty if there is none."""
    if not units:
        return Markup()
    return data(formatting.signed(phrases.worth(units, account)), units)


def rates(report: Report, account: AccountReport) -> Markup:
    """Return the spend of the last hour, day, week and month of the window."""
    titles = (phrases.rates_heading(report), *(f"{title}>" for title in phrases.RATE_TITLES))
    rows = (
        _row(window, ((cell, "n") for cell in (data(spent, rate.spend), *rest)))
        for rate in phrases.records(account.rates)
        for window, spent, *rest in [phrases.rate_row(rate)]
    )
    return table(_name("Daily spend", account), titles, rows)


def reconciliation(account: AccountReport) -> Markup:
    """Return the lines from the opening to the closing balance, exact to the unit."""
    rows = (
        _row(
            join((element("span", sign, class_="sign"), name)),
            ((data(dollars, units), "n"), (formatting.count(units), "n")),
        )
        for sign, name, dollars, units in summary.statement(account)
    )
    return table(_name("Where the money went", account), ("Entry", "USD>", "Units>"), rows)


def events(account: AccountReport, calendar: Calendar) -> Markup:
    """Return the events: credits, and what explains the rest."""
    rows = (_event(event, account, calendar) for event in phrases.records(account.events))
    return table(_name("Events", account), ("When", "What", "Amount>"), rows)


def _event(event: ReportedEvent, account: AccountReport, calendar: Calendar) -> Markup:
    when = element("th", moment(event.at, calendar.minute(event.at)), scope="row")
    credited = event.quota if phrases.credited(event) is not None else None
    credit = element("td", _credit(credited, account), class_="n")
    return element("tr", when, element("td", phrases.event_phrase(event)), credit)
