"""Spend by period: a line and a bar for each.

`—` is unknown and `$0.00` is nothing spent; `~` and a pale bar are estimates. One mark is
for a period that is not whole because the window cuts it or it still runs, another one for
a period that is in part unknown.
"""

from collections.abc import Sequence

from usage_tracker.formatting import UNKNOWN, count
from usage_tracker.render import phrases
from usage_tracker.render.chart_data.spend import kind_of
from usage_tracker.render.terminal.charset import credit, event_marks
from usage_tracker.render.terminal.charts import bar, estimated_bar
from usage_tracker.render.terminal.layout import Cell, Column, Context, Table, column_width
from usage_tracker.reporting.model import AccountReport, Period

_LONGEST_BAR = 60
# The least widths for a column of credits and of requests.
_CREDIT_FROM, _REQUESTS_FROM = 48, 70


def table(context: Context, account: AccountReport, periods: Sequence[Period], width: int) -> Table:
    """Return `periods` as a table of at most `width` cells."""
    charset, by = context.charset, context.report.by
    events = phrases.events_by_period(periods, phrases.records(account.events))
    names = context.calendar.periods([period.start for period in periods], by)
    left: list[tuple[Column, Sequence[Cell]]] = [
        (Column(by.capitalize()), names),
        (Column(), [_mark(context, period) for period in periods]),
        (Column("Spent", right=True), [*map(charset.text, phrases.spent_column(periods))]),
    ]
    balances = map(charset.text, phrases.balance_column(periods, account))
    right: list[tuple[Column, Sequence[Cell]]] = [
        (Column(), [event_marks(found, charset) for found in events]),
        (Column("Credit", right=True), _credits(account, periods, width)),
        (Column("Requests", right=True), _requests(context, periods, width)),
        (Column("Balance", right=True), [*balances]),
    ]
    left, right = ([pair for pair in part if any(pair[1])] for part in (left, right))
    taken = sum(column_width(*pair) for pair in left + right)
    bars = _bars(context, periods, min(max(width - taken, 0), _LONGEST_BAR))
    columns, cells = zip(*left, (Column(style="cyan"), bars), *right, strict=True)
    return Table(columns, list(zip(*cells, strict=True)))


def legend(context: Context, periods: Sequence[Period]) -> list[str]:
    """Return what the marks in the table mean, as far as they occur."""
    charset, by = context.charset, context.report.by
    marks = {_mark(context, period) for period in periods}
    start = periods[0].start
    entries = (
        (charset.short, f"not a whole {by}", charset.short in marks),
        (charset.uncertain, "in part unknown", charset.uncertain in marks),
        ("~", "estimated", any(p.estimated and p.usd is not None for p in periods)),
        (charset.text(UNKNOWN), "unknown", any(p.usd is None for p in periods)),
        (
            "nothing known",
            f"before {context.calendar.period(start, by)}",
            start > context.report.since,
        ),
    )
    return [f"{mark} {meaning}" for mark, meaning, occurs in entries if occurs]


def _mark(context: Context, period: Period) -> str:
    """Return the mark of a period that is cut or in part unknown; an estimate has a `~`."""
    marks = {"short": context.charset.short, "uncertain": context.charset.uncertain}
    kind = kind_of(period, context.report.by, context.calendar, ignore_estimate=True)
    return marks.get(kind, "")


def _bars(context: Context, periods: Sequence[Period], width: int) -> list[str]:
    most = max((p.usd for p in periods if p.usd is not None), default=0.0) or 1.0
    draw = {False: bar, True: estimated_bar}
    return [draw[p.estimated]((p.usd or 0.0) / most, width, context.charset) for p in periods]


def _requests(context: Context, periods: Sequence[Period], width: int) -> list[str]:
    if width < _REQUESTS_FROM or all(p.requests is None for p in periods):
        return [""] * len(periods)
    return [context.charset.text(count(p.requests)) for p in periods]


def _credits(account: AccountReport, periods: Sequence[Period], width: int) -> Sequence[Cell]:
    if width < _CREDIT_FROM:
        return [""] * len(periods)
    units = phrases.credits_by_period(periods, phrases.records(account.events))
    return [credit(phrases.worth(each, account)) for each in units]
