"""The page: one HTML file that loads nothing and runs nothing."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from usage_tracker import __version__, formatting
from usage_tracker.render import summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.palette import DARK, LIGHT, Palette
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html import account as accounts
from usage_tracker.render.html import burndown, tables
from usage_tracker.render.html.markup import Markup, element, leaf, stylesheet
from usage_tracker.reporting.model import FLEET, AccountReport, Report

_LEDGER = (
    "The gateway reports two counters: the balance and the credit ever used. Spend is the rise"
    " of the second counter between two snapshots; a lasting change of the sum of both is a"
    " top-up, a refund or an adjustment. So every report adds up"
    " to the unit: opening balance + top-ups + refunds ± adjustments - spend ± in flight ="
    " closing balance. In flight is what is not settled yet: open requests, or a"
    " recent correction."
)
_UNKNOWN = (
    "— means unknown, which may be anything; $0.00 means nothing spent. ~ marks an"
    " estimate: the snapshots around the period are further apart than the period or than"
    " usual, and the spend between them is taken as even; a balance with ~ was seen before the"
    " period. Coverage is the share of the time with snapshots close enough to be trusted."
)
_FORECAST = (
    "The forecast learns from spend, never from the balance, so a top-up changes only the"
    " balance. At even odds the balance is as likely used up by then as not; an"
    " 80 % interval is meant to contain the true date in 80 of 100 forecasts. The straight line,"
    " for comparison, is the balance divided by the rate of the last seven days."
)
_SPACE = re.compile(r"\s+")
_AROUND_PUNCTUATION = re.compile(r"\s*([{};,>])\s*")


def render(report: Report) -> str:
    """Return `report` as a self-contained HTML document.

    A single account is shown in full; several begin with an overview, sorted by the days
    left, and more than `FLEET` have only that.
    """
    calendar = Calendar.of(report)
    ranked = summary.by_days_left(report.accounts, report.as_of)
    detailed = len(ranked) <= FLEET
    parts = [_header(report, ranked, calendar)]
    if not ranked:
        parts.append(element("p", "There are no accounts."))
    if len(ranked) > 1:
        parts.append(_overview(report, ranked, calendar, links=detailed))
    if detailed:
        parts += [
            accounts.article(report, account, f"account-{i}", alone=len(ranked) == 1)
            for i, account in enumerate(ranked, 1)
        ]
    body = element("body", _patterns(), element("main", *parts, _footer(report)))
    page = element("html", _head(report, ranked, calendar), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(report: Report, ranked: Sequence[AccountReport], calendar: Calendar) -> Markup:
    style = _style()
    # The page may do nothing but apply its own style sheet.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none';style-src 'sha256-{digest}';base-uri 'none';form-action 'none'"
    meta = (
        {"charset": "utf-8"},
        {"http_equiv": "Content-Security-Policy", "content": policy},
        {"name": "viewport", "content": "width=device-width,initial-scale=1"},
        {"name": "color-scheme", "content": "light dark"},
        {"name": "referrer", "content": "no-referrer"},
        {"name": "generator", "content": f"usage-tracker {__version__}"},
    )
    subject = formatting.count_noun(len(ranked), "account")
    if len(ranked) == 1:
        subject = formatting.plain(ranked[0].account)
    title = f"Usage of {subject}, {calendar.day(report.as_of, year=True)}"
    tags = (leaf("meta", **attributes) for attributes in meta)
    return element("head", *tags, element("title", title), stylesheet(style))


def _style() -> str:
    """Return the style sheet: the colours of the charts, dark on a dark screen, and style.css."""
    dark = f"@media screen and (prefers-color-scheme:dark){{{_variables(DARK)}}}"
    shades = "".join(f".h{i}{{fill:var(--h{i})}}" for i in range(len(LIGHT.heat)))
    rules = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    short = _AROUND_PUNCTUATION.sub(r"\1", _SPACE.sub(" ", rules)).strip()
    return f":root{{color-scheme:light dark}}{_variables(LIGHT)}{dark}{shades}{short}"


def _variables(palette: Palette) -> str:
    single = ((f.name, getattr(palette, f.name)) for f in fields(palette) if f.name != "heat")
    heat = ((f"h{i}", colour) for i, colour in enumerate(palette.heat))
    return ":root{" + "".join(f"--{name}:{colour};" for name, colour in (*single, *heat)) + "}"


def _header(report: Report, ranked: Sequence[AccountReport], calendar: Calendar) -> Markup:
    window = f"{calendar.minute(report.since)} to {calendar.minute(report.until, year=True)}"
    as_of = tables.moment(report.as_of, calendar.minute(report.as_of, year=True))
    parts = (f"{window}, {formatting.timezone_name(report.timezone)}. Data as of ", as_of, ".")
    subject: str = formatting.count_noun(len(ranked), "account")
    if len(ranked) == 1:
        subject = accounts.name(ranked[0])
    heading = element("h1", "Usage of ", subject)
    return element("header", heading, element("p", *parts, class_="muted"))


def _overview(
    report: Report, ranked: Sequence[AccountReport], calendar: Calendar, *, links: bool
) -> Markup:
    rows = []
    for i, account in enumerate(ranked, 1):
        name = accounts.name(account)
        link = element("a", name, href=f"#account-{i}") if links else name
        rows.append(_overview_row(report, account, link, calendar))
    titles = ("Account", "Left>", "?Per day>", "?Days left>", "Runs out", "?Balance")
    table = tables.table("Accounts by days left", titles, rows, _total(ranked))
    return element("section", table, class_="overview")


def _overview_row(
    report: Report, account: AccountReport, name: Markup, calendar: Calendar
) -> Markup:
    balance = account.balance.quota if account.balance else None
    when = captions.runs_out(account.depletion, calendar).removeprefix("runs out ")
    interval = element("small", captions.interval(account.depletion, calendar))
    return element(
        "tr",
        element("th", name, scope="row"),
        element("td", tables.amount(balance, account), class_="n"),
        element("td", summary.per_day(account), class_="n wide"),
        element("td", summary.days_left(account, report.as_of), class_="n wide"),
        element("td", when, " ", interval),
        element("td", burndown.sparkline(report, account), class_="wide"),
    )


def _total(ranked: Sequence[AccountReport]) -> Iterator[Markup]:
    """Yield the row of the balance and the daily spend of all accounts."""
    if any(account.balance is not None for account in ranked):
        balance, _, debt = summary.total_balance(ranked).partition("; ")
        left = element("td", balance.removesuffix(" left"), class_="n")
        per_day = element("td", summary.total_per_day(ranked), class_="n wide")
        notes = summary.sum_notes(ranked)
        owed = element("td", element("small", ". ".join(filter(None, (debt, notes)))))
        empty = element("td", class_="wide")
        yield element("tr", element("th", "All", scope="row"), left, per_day, empty, owed, empty)


def _patterns() -> Markup:
    """Return the fill patterns of uncertain bars and of unknown hours."""
    background = leaf("rect", width=6, height=6)
    hatch = leaf("path", d="M-1 1l2 -2M0 6l6 -6M5 7l2 -2")
    ruling = leaf("path", class_="ruling", d="M-1 5l2 2M0 0l6 6M5 -1l2 2")
    patterns = (
        element("pattern", *parts, id=name, width=6, height=6, patternUnits="userSpaceOnUse")
        for name, parts in (("hatch", (background, hatch)), ("void", (ruling,)))
    )
    return element("svg", *patterns, class_="pattern", aria_hidden="true")


def _footer(report: Report) -> Markup:
    """Return how the figures are computed, with the names of the forecasts' methods."""
    names = sorted({a.depletion.method for a in report.accounts if a.depletion.method})
    methods = f" Method: {', '.join(names)}." if names else ""
    paragraphs = (
        ("Where the figures come from", _LEDGER),
        ("What is not known", _UNKNOWN),
        ("When it runs out", _FORECAST + methods),
    )
    return element(
        "footer",
        *(element("p", element("strong", f"{title}. "), text) for title, text in paragraphs),
    )
