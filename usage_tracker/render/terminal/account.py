"""One account in full: its balance, its charts and its tables."""

from collections.abc import Iterable, Iterator

from rich import table as rich_table
from rich.console import Group, RenderableType
from rich.text import Text

from usage_tracker import formatting
from usage_tracker.render import phrases, summary
from usage_tracker.render.terminal import burndown, periods
from usage_tracker.render.terminal.charset import credit, event_mark
from usage_tracker.render.terminal.layout import Column, Context, Table, legend
from usage_tracker.reporting.model import AccountReport

_GAP = 4
_NARROWEST_CHART = 60
_LATEST_EVENTS = 12
_IN_FLIGHT = "In flight: not settled, as open requests or a recent correction."

Titled = tuple[str, Table]


def account_parts(context: Context, account: AccountReport) -> Iterator[RenderableType]:
    """Yield everything known about `account`, from the top."""
    urgent = summary.is_urgent(account, context.report.as_of)
    yield from _title(context, account)
    sentence = summary.balance_sentence(account, context.report)
    yield context.text(sentence, "bold red" if urgent else "bold")
    if forecast := summary.forecast_sentence(account, context.calendar):
        yield context.text(forecast)
    if account.trust:
        yield context.text(formatting.plain(account.trust, 300), "magenta")
    yield from _burn_down(context, account)
    if context.is_wide and len(account.periods):
        yield _two_columns(context, account)
    else:
        yield from _spend(context, account, context.width)
        yield from _packed(context, account)
    yield Text()
    if account.reconciliation.in_flight:
        yield context.text(_IN_FLIGHT, "dim")
    yield context.text(summary.snapshots_sentence(account, context.report), "dim")


def _title(context: Context, account: AccountReport) -> Iterator[RenderableType]:
    title = Text(context.name(account.account, context.width // 2), "bold")
    if account.base_url:
        url = context.name(account.base_url, context.width // 2 - 2)
        title.append(f"  {url}", "dim not bold")
    yield title
    yield Text(context.charset.line * context.width, "dim")


def _burn_down(context: Context, account: AccountReport) -> Iterator[RenderableType]:
    lines = burndown.chart(context, account)
    if lines and context.width >= _NARROWEST_CHART:
        yield from _heading(context, "Balance")
        yield from lines
        yield from legend(burndown.legend(context, account), context.width)


def _two_columns(context: Context, account: AccountReport) -> RenderableType:
    tables = _tables(context, account)
    right = max((table.width for _, table in tables), default=0)
    left = context.width - right - _GAP
    return _side_by_side(
        (left, Group(*_spend(context, account, left))),
        (right, Group(*_stacked(context, tables))),
    )


def _spend(context: Context, account: AccountReport, width: int) -> Iterator[RenderableType]:
    if known := summary.known_periods(account):
        yield from _heading(context, f"Spend by {context.report.by}")
        yield periods.table(context, account, known, width)
        yield from legend(periods.legend(context, known), width)


def _packed(context: Context, account: AccountReport) -> Iterator[RenderableType]:
    """Yield the small tables, as many side by side as fit."""
    rows: list[list[Titled]] = []
    for title, table in _tables(context, account):
        taken = sum(other.width + _GAP for _, other in rows[-1]) if rows else context.width
        if taken + table.width > context.width:
            rows.append([])
        rows[-1].append((title, table))
    for row in rows:
        groups = [Group(*_stacked(context, [titled])) for titled in row]
        widths = (max(table.width, len(title)) for title, table in row)
        yield _side_by_side(*zip(widths, groups, strict=True))


def _tables(context: Context, account: AccountReport) -> list[Titled]:
    earlier = len(account.events) - _LATEST_EVENTS
    titled = (
        ("When it runs out", depletion_table(context, account)),
        ("Daily spend", rates_table(context, account)),
        ("Where the money went", statement_table(context, account)),
        (
            f"Events (and {earlier:,} earlier)" if earlier > 0 else "Events",
            events_table(context, account),
        ),
    )
    return [(title, table) for title, table in titled if table.rows]


def _stacked(context: Context, tables: Iterable[Titled]) -> Iterator[RenderableType]:
    for title, table in tables:
        yield from _heading(context, title)
        yield table


def _side_by_side(*parts: tuple[int, RenderableType]) -> RenderableType:
    grid = rich_table.Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for width, _ in parts:
        grid.add_column(width=width)
    grid.add_row(*(part for _, part in parts))
    return grid


def _heading(context: Context, title: str) -> Iterator[RenderableType]:
    yield Text()
    yield context.text(title, "bold")


def depletion_table(context: Context, account: AccountReport) -> Table:
    """Return when the balance runs out: the interval, the median and the straight line."""
    depletion, calendar = account.depletion, context.calendar
    rows = []
    for name, at in phrases.depletion_dates(depletion):
        seconds = (at - context.report.as_of).total_seconds()
        ahead = f"in {formatting.duration(seconds)}" if seconds > 0 else "by now"
        rows.append((name, phrases.depletion_date(at, calendar), ahead))
    rows += [
        (phrases.within(chance), formatting.probability(chance.p), "")
        for chance in phrases.chances(depletion)
    ]
    return Table((Column(), Column(), Column(style="dim", right=True)), rows)


def rates_table(context: Context, account: AccountReport) -> Table:
    """Return the spend of the last hour, day, week and month, and the daily spend."""
    titles = (Column(title, right=True) for title in phrases.RATE_TITLES)
    rows = map(phrases.rate_row, phrases.records(account.rates))
    return Table(
        (Column(phrases.rates_heading(context.report)), *titles),
        [[context.charset.text(cell) for cell in row] for row in rows],
    )


def statement_table(context: Context, account: AccountReport) -> Table:
    """Return the reconciliation of the window; its units add up."""
    lines = summary.statement(account) if summary.has_statement(account) else []
    columns = (Column(), Column(), Column("USD", right=True), Column("Units", right=True))
    rows = ((sign, name, dollars, formatting.count(units)) for sign, name, dollars, units in lines)
    return Table(columns, [[context.charset.text(cell) for cell in row] for row in rows])


def events_table(context: Context, account: AccountReport) -> Table:
    """Return the latest events."""
    rows = [
        (
            event_mark(event, context.charset),
            context.calendar.minute(event.at),
            phrases.event_phrase(event),
            credit(phrases.credited(event)),
        )
        for event in phrases.records(account.events)[-_LATEST_EVENTS:]
    ]
    return Table((Column(), Column(), Column(), Column(right=True)), rows)
