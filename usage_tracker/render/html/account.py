"""One account on the page: its key figures, its charts and its tables."""

from collections.abc import Iterable, Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.render import phrases, summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import burn_down
from usage_tracker.render.chart_data.spend import bars as spend_bars
from usage_tracker.render.chart_data.spend import heatmap
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html import bars, burndown, heat, tables
from usage_tracker.render.html.legend import balance_legend, heat_legend, spend_legend
from usage_tracker.render.html.markup import Markup, element
from usage_tracker.reporting.model import AccountReport, Period, Report

# A table of more periods is folded, and the periods before the last so many are left out.
_OPEN_PERIODS, _MOST_PERIODS = 62, 1000


def article(report: Report, account: AccountReport, anchor: str, *, alone: bool) -> Markup:
    """Return everything the report has on `account`; `alone` it needs no heading."""
    calendar, level = Calendar.of(report), "h2" if alone else "h3"
    heading = Markup() if alone else element("h2", name(account))
    balance = element("strong", summary.balance_sentence(account, report))
    forecast = summary.forecast_sentence(account, calendar)
    sentences = [element("p", balance, " ", forecast, class_="outlook")]
    if account.trust:
        sentences.append(element("p", account.trust, class_="warning"))
    tiles = element("dl", *_tiles(report, account, calendar), class_="tiles")
    figures = (_figure(level, *parts) for parts in _charts(report, account, calendar))
    tables_ = _tables(report, account, calendar, level)
    return element("article", heading, *sentences, tiles, *figures, *tables_, id=anchor)


def name(account: AccountReport) -> Markup:
    """Return the account's name, isolated from the direction of the text around it."""
    return element("bdi", formatting.plain(account.account))


def _tiles(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[Markup]:
    depletion, used = account.depletion, account.used
    total = () if used is None else (tables.amount(used.quota, account), " used in all")
    balance = account.balance.quota if account.balance else None
    yield _tile("Left", tables.amount(balance, account), *total)
    day, interval = captions.end(depletion, calendar), captions.interval(depletion, calendar)
    if day is None or depletion.state == "refilled":
        yield _tile("Outlook", captions.runs_out(depletion, calendar), interval)
    else:
        yield _tile("Runs out about", element("span", day, class_="due"), interval)
    rate = summary.daily_rate(account)
    window = phrases.rate_window_phrase(rate, report) if rate else ""
    yield _tile("Daily spend", summary.per_day(account), window)
    since = phrases.window_phrase(summary.spend_start(account, report), report)
    yield _tile("Spent", tables.amount(summary.spent(account), account), since)
    if chances := phrases.chances(depletion):
        first, *others = chances
        rest = ", ".join(f"{formatting.probability(c.p)} {phrases.within(c)}" for c in others)
        yield _tile(f"Runs out {phrases.within(first)}", formatting.probability(first.p), rest)


def _tile(title: str, value: str, *note: str) -> Markup:
    small = (element("small", *note),) if any(note) else ()
    return element("div", element("dt", title), element("dd", value, *small))


def _charts(
    report: Report, account: AccountReport, calendar: Calendar
) -> Iterator[tuple[str, Iterable[Markup], Markup]]:
    """Yield the title, the legend and the drawing of each chart that has data."""
    balance = burn_down(report, account)
    if balance.line.last is not None:
        drawn = burndown.draw(balance, report, account, calendar)
        yield "Balance", balance_legend(balance, account.depletion), drawn
    spend = spend_bars(report, account)
    if any(bar.usd is not None for bar in spend):
        drawn = bars.draw(spend, account.account, report.by, calendar)
        yield f"Spend by {report.by}", spend_legend(spend, report.by), drawn
    hours = heatmap(account)
    if hours:
        parts = ("Spend by hour of the week", captions.weeks(account, calendar))
        title = ", ".join(filter(None, parts))
        yield title, heat_legend(hours), heat.draw(hours, account.account)


def _figure(level: str, title: str, legend: Iterable[Markup], drawn: Markup) -> Markup:
    key = element("ul", *legend, class_="key")
    return element("figure", element("figcaption", element(level, title), key), drawn)


def _tables(
    report: Report, account: AccountReport, calendar: Calendar, level: str
) -> Iterator[Markup]:
    known = summary.known_periods(account)
    if known:
        yield _periods(known, report, account, calendar)
    left, right = [], []
    if summary.has_statement(account):
        left.append(_section(level, "Where the money went", tables.reconciliation(account)))
    if len(account.rates):
        right.append(_section(level, "Daily spend", tables.rates(report, account)))
    if len(account.events):
        right.append(_section(level, "Events", tables.events(account, calendar)))
    columns = [element("div", *sections) for sections in (left, right) if sections]
    if columns:
        yield element("div", *columns, class_="pair")
    yield element("p", summary.snapshots_sentence(account, report), class_="muted")


def _periods(
    known: Sequence[Period], report: Report, account: AccountReport, calendar: Calendar
) -> Markup:
    title = f"{formatting.count_noun(len(known), report.by)} in figures"
    omitted = len(known) - _MOST_PERIODS
    text = f"The first {omitted:,} are left out here; the formats csv and json have them all."
    note = (element("p", text, class_="muted"),) if omitted > 0 else ()
    table = tables.periods(known[-_MOST_PERIODS:], report, account, calendar)
    opened = "" if len(known) <= _OPEN_PERIODS else None
    return element("details", element("summary", title), *note, table, open=opened)


def _section(level: str, title: str, content: Markup) -> Markup:
    return element("section", element(level, title), content)
