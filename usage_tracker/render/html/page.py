"""The page: one file that needs nothing else, asks for nothing and runs nothing."""

from collections.abc import Iterator

from usage_tracker import __version__, formatting
from usage_tracker.render import summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html import account as accounts
from usage_tracker.render.html import burndown, method, style, tables
from usage_tracker.render.html.markup import Markup, element, leaf, stylesheet
from usage_tracker.reporting.model import FLEET, AccountReport, Report


def render(report: Report) -> str:
    """`report` as a self-contained HTML document.

    A single account is told in full; several begin with an overview, sorted by the days
    left, and more than `FLEET` have nothing but that.
    """
    calendar = Calendar.of(report)
    ranked = summary.by_days_left(report.accounts, report.as_of)
    parts = [_header(report, ranked, calendar)]
    anchors = _anchors(ranked)
    if not ranked:
        parts.append(element("p", "There are no accounts."))
    if len(ranked) > 1:
        parts.append(_overview(report, ranked, anchors, calendar))
    parts += [
        accounts.article(report, account, anchor, alone=len(ranked) == 1)
        for account, anchor in zip(ranked, anchors, strict=True)
        if anchor is not None
    ]
    body = element("body", _textures(), element("main", *parts, method.footer(report)))
    page = element("html", _head(report, ranked, calendar), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _title(ranked: list[AccountReport]) -> str:
    if len(ranked) == 1:
        return f"Usage of {formatting.plain(ranked[0].account)}"
    return f"Usage of {formatting.count_noun(len(ranked), 'account')}"


def _head(report: Report, ranked: list[AccountReport], calendar: Calendar) -> Markup:
    css = style.css()
    meta = (
        {"charset": "utf-8"},
        {"http_equiv": "Content-Security-Policy", "content": style.policy(css)},
        {"name": "viewport", "content": "width=device-width,initial-scale=1"},
        {"name": "color-scheme", "content": "light dark"},
        {"name": "referrer", "content": "no-referrer"},
        {"name": "generator", "content": f"usage-tracker {__version__}"},
    )
    title = f"{_title(ranked)}, {calendar.day(report.as_of, year=True)}"
    tags = (leaf("meta", **attributes) for attributes in meta)
    return element("head", *tags, element("title", title), stylesheet(css))


def _header(report: Report, ranked: list[AccountReport], calendar: Calendar) -> Markup:
    window = f"{calendar.minute(report.since)} to {calendar.minute(report.until, year=True)}"
    told = calendar.minute(report.as_of, year=True)
    moment = tables.moment(report.as_of, told)
    parts = (f"{window}, {formatting.timezone_name(report.timezone)}. Data as of ", moment, ".")
    as_of = element("p", *parts, class_="muted")
    what = (
        accounts.name(ranked[0])
        if len(ranked) == 1
        else formatting.count_noun(len(ranked), "account")
    )
    return element("header", element("h1", "Usage of ", what), as_of)


def _anchors(ranked: list[AccountReport]) -> list[str | None]:
    """Where each account's article is; a fleet has none."""
    told = len(ranked) <= FLEET
    return [f"account-{i}" if told else None for i in range(1, len(ranked) + 1)]


def _overview(
    report: Report, ranked: list[AccountReport], anchors: list[str | None], calendar: Calendar
) -> Markup:
    rows = [
        _account(report, account, anchor, calendar)
        for account, anchor in zip(ranked, anchors, strict=True)
    ]
    heading = ("Account", "Left>", "?Per day>", "?Days left>", "Runs out", "?Balance")
    table = tables.table("Accounts by days left", heading, rows, _total(ranked))
    return element("section", table, class_="overview")


def _account(
    report: Report, account: AccountReport, anchor: str | None, calendar: Calendar
) -> Markup:
    balance = account.balance.quota if account.balance else None
    when = captions.runs_out(account.depletion, calendar).removeprefix("runs out ")
    span = element("small", captions.interval(account.depletion, calendar))
    return element(
        "tr",
        element("th", accounts.link(account, anchor), scope="row"),
        element("td", tables.amount(balance, account), class_="n"),
        element("td", summary.per_day(account), class_="n wide"),
        element("td", summary.days_left(account, report.as_of), class_="n wide"),
        element("td", when, " ", span),
        element("td", burndown.spark(report, account), class_="wide"),
    )


def _total(ranked: list[AccountReport]) -> Iterator[Markup]:
    """What is left, and what a day costs, of all accounts together."""
    if any(account.balance is not None for account in ranked):
        pooled, _, debt = summary.total_balance(ranked).partition("; ")
        left = element("td", pooled.removesuffix(" left"), class_="n")
        a_day = element("td", summary.total_per_day(ranked), class_="n wide")
        owed = element("td", element("small", debt))
        blank, picture = (element("td", class_="wide") for _ in range(2))
        yield element("tr", element("th", "All", scope="row"), left, a_day, blank, owed, picture)


def _textures() -> Markup:
    """The textures of uncertain bars and of unknown hours, for all charts of the page."""
    ground = leaf("rect", width=6, height=6)
    hatch = leaf("path", d="M-1 1l2 -2M0 6l6 -6M5 7l2 -2")
    ruling = leaf("path", class_="ruling", d="M-1 5l2 2M0 0l6 6M5 -1l2 2")
    patterns = (
        element("pattern", *parts, id=name, width=6, height=6, patternUnits="userSpaceOnUse")
        for name, parts in (("hatch", (ground, hatch)), ("void", (ruling,)))
    )
    return element("svg", *patterns, class_="pattern", aria_hidden="true")
