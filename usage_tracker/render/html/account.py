"""One account on the page: its figures at a glance, its charts, its tables."""

from collections.abc import Iterable, Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.forecast.depletion import Chance
from usage_tracker.render import phrases, summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import burn_down
from usage_tracker.render.chart_data.spend import bars as bars_of
from usage_tracker.render.chart_data.spend import heatmap
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html import bars, burndown, heat, legend, tables
from usage_tracker.render.html.markup import Markup, element, together
from usage_tracker.reporting.model import AccountReport, Period, Report

_SHORT, _MOST = 62, 1000


def article(report: Report, account: AccountReport, anchor: str, *, alone: bool) -> Markup:
    """Everything the report tells of `account`; `alone` it needs no name above it."""
    calendar, level = Calendar.of(report), "h2" if alone else "h3"
    heading = Markup() if alone else element("h2", name(account))
    standing = element("strong", summary.balance_sentence(account, report))
    said = [
        element("p", standing, " ", summary.forecast_sentence(account, calendar), class_="outlook")
    ]
    if account.trust:
        said.append(element("p", account.trust, class_="warning"))
    tiles = element("dl", *_facts(report, account, calendar), class_="tiles")
    figures = (_figure(level, *parts) for parts in _figures(report, account, calendar))
    told = _tables(report, account, calendar, level)
    return element("article", heading, *said, tiles, *figures, *told, id=anchor)


def _facts(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[Markup]:
    depletion = account.depletion
    used = account.used
    total = () if used is None else (tables.amount(used.quota, account), " used in all")
    yield _tile(
        "Left", tables.amount(account.balance.quota if account.balance else None, account), *total
    )
    day, span = captions.end(depletion, calendar), captions.interval(depletion, calendar)
    if day is None:
        yield _tile("Outlook", captions.runs_out(depletion, calendar), span)
    else:
        yield _tile("Runs out about", element("span", day, class_="due"), span)
    rate = summary.daily_rate(account)
    window = phrases.rate_window_phrase(rate, report) if rate else ""
    yield _tile("Daily spend", summary.per_day(account), window)
    spent = tables.amount(summary.spent(account), account)
    since = summary.spend_start(account, report)
    yield _tile("Spent", spent, phrases.window_phrase(since, report))
    if chances := phrases.chances(depletion):
        yield _chances(chances)


def _chances(chances: Sequence[Chance]) -> Markup:
    first, *rest = chances
    others = ", ".join(f"{formatting.probability(c.p)} {phrases.within(c)}" for c in rest)
    return _tile(f"Runs out {phrases.within(first)}", formatting.probability(first.p), others)


def _tile(name: str, value: str, *note: str) -> Markup:
    small = (element("small", *note),) if any(note) else ()
    return element("div", element("dt", name), element("dd", value, *small))


def _figures(
    report: Report, account: AccountReport, calendar: Calendar
) -> Iterator[tuple[str, Iterable[Markup], Markup]]:
    """The name, the key and the drawing of each chart there are data for."""
    picture = burn_down(report, account)
    if picture.line.last is not None:
        drawn = burndown.draw(picture, report, account, calendar)
        yield "Balance", legend.of_balance(picture, account.depletion), drawn
    spent = bars_of(report, account)
    if any(bar.usd is not None for bar in spent):
        drawn = bars.draw(spent, account.account, report.by, calendar)
        yield f"Spend by {report.by}", legend.of_spend(spent, report.by), drawn
    hours = heatmap(account)
    if hours:
        parts = ("Spend by hour of the week", captions.weeks(account, calendar))
        title = ", ".join(filter(None, parts))
        yield title, legend.of_week(hours), heat.draw(hours, account.account)


def _figure(level: str, title: str, key: Iterable[Markup], drawn: Markup) -> Markup:
    listed = element("ul", *key, class_="key")
    return element("figure", element("figcaption", element(level, title), listed), drawn)


def _tables(
    report: Report, account: AccountReport, calendar: Calendar, level: str
) -> Iterator[Markup]:
    known = summary.known_periods(account)
    if known:
        yield _periods(known, report, account, calendar)
    columns = [_stated(account, level), _beside(report, account, calendar, level)]
    told = [column for column in map(together, columns) if column]
    if told:
        yield element("div", *(element("div", column) for column in told), class_="pair")
    yield element("p", summary.snapshots_sentence(account, report), class_="muted")


def _stated(account: AccountReport, level: str) -> Iterator[Markup]:
    if summary.has_statement(account):
        yield _section(level, "Where the money went", tables.reconciliation(account))


def _beside(
    report: Report, account: AccountReport, calendar: Calendar, level: str
) -> Iterator[Markup]:
    if len(account.rates):
        yield _section(level, "Daily spend", tables.rates(report, account))
    if len(account.events):
        yield _section(level, "Events", tables.events(account, calendar))


def _periods(
    known: Sequence[Period], report: Report, account: AccountReport, calendar: Calendar
) -> Markup:
    title = f"{formatting.count_noun(len(known), report.by)} in figures"
    omitted = len(known) - _MOST
    note = f"The first {omitted:,} are left out here; the formats csv and json have them all."
    told = (element("p", note, class_="muted"),) if omitted > 0 else ()
    table = tables.periods(known[-_MOST:], report, account, calendar)
    opened = "" if len(known) <= _SHORT else None
    return element("details", element("summary", title), *told, table, open=opened)


def _section(level: str, title: str, content: Markup) -> Markup:
    return element("section", element(level, title), content)


def name(account: AccountReport) -> Markup:
    """The account's name, whatever it is written in."""
    return element("bdi", formatting.plain(account.account))


def link(account: AccountReport, anchor: str | None) -> Markup:
    """The name, leading to its article if there is one."""
    return name(account) if anchor is None else element("a", name(account), href=f"#{anchor}")
