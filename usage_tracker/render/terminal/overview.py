"""Several accounts in a table, sorted by the days left."""

from collections.abc import Sequence

from rich.text import Text

from usage_tracker import formatting
from usage_tracker.render import summary
from usage_tracker.render.phrases import records
from usage_tracker.render.terminal.charts import sparkline
from usage_tracker.render.terminal.layout import GAP, Cell, Column, Context, Table, column_width
from usage_tracker.reporting.model import AccountReport

_DAYS_LEFT = 3
_SHORTEST_NAME, _FAIR_NAME = 8, 24
_SHORTEST_TREND, _FAIR_TREND, _LONGEST_TREND = 5, 15, 31
_STATES = {
    "depleted": "used up",
    "idle": "idle",
    "insufficient_data": "too little history",
    "beyond_horizon": "over a year",
}


def table(context: Context) -> Table:
    """Return a row for every account, without the columns that do not fit."""
    now = context.report.as_of
    accounts = summary.by_days_left(context.report.accounts, now)
    columns: list[tuple[Column, Sequence[Cell]]] = [
        (Column("Left", right=True), [summary.left(a) for a in accounts]),
        (Column("Per day", right=True), [summary.per_day(a) for a in accounts]),
        (Column("Days left", right=True), [summary.days_left(a, now) for a in accounts]),
        (Column("Runs out"), [_runs_out(context, a) for a in accounts]),
    ]
    if _room(context, columns) < _SHORTEST_NAME:
        columns.pop()
    width = _name_width(_room(context, columns))
    columns.insert(0, (Column("Account"), [context.name(a.account, width) for a in accounts]))
    trend = min(_room(context, columns), _LONGEST_TREND)
    if trend >= _SHORTEST_TREND:
        trends = [_trend(context, a, trend) for a in accounts]
        columns.append((Column("Spend", style="cyan"), trends))
    rows = zip(*(cells for _, cells in columns), strict=True)
    return Table(
        [column for column, _ in columns],
        [_styled(context, a, row) for a, row in zip(accounts, rows, strict=True)],
    )


def total(context: Context) -> str:
    """Return the balance and the daily spend of all accounts, as far as they are known."""
    accounts = context.report.accounts
    current = sum(not account.retired for account in accounts)
    total = f"{formatting.count_noun(current, 'account')}: {summary.total_balance(accounts)}"
    per_day = context.charset.text(summary.total_per_day(accounts))
    return f"{total}; {per_day} a day. {summary.sum_notes(accounts)}".rstrip()


def _room(context: Context, columns: Sequence[tuple[Column, Sequence[Cell]]]) -> int:
    """Return the cells that `columns` leave for one more."""
    return context.width - sum(column_width(*pair) for pair in columns)


def _name_width(room: int) -> int:
    """Return the most cells for a name: a fair share, or all that a fair trend leaves."""
    return max(min(room, _FAIR_NAME), room - _FAIR_TREND - GAP, _SHORTEST_NAME)


def _runs_out(context: Context, account: AccountReport) -> str:
    depletion = account.depletion
    if depletion.low is None or depletion.median is None:
        return "no snapshot" if account.balance is None else _STATES.get(depletion.state, "")
    calendar, low, high = context.calendar, depletion.low, depletion.high
    late = calendar.date(high) if high else "later"
    # A year that both ends share is written once.
    early = calendar.date(low, year=False if calendar.same_year(low, high) else None)
    stale = " (stale)" if depletion.state == "stale" else ""
    span = f"{early} – {late}{stale}"  # noqa: RUF001
    return f"refilled; else {span}" if depletion.state == "refilled" else span


def _trend(context: Context, account: AccountReport, width: int) -> str:
    return sparkline([p.usd for p in records(account.periods)[-width:]], context.charset)


def _styled(context: Context, account: AccountReport, row: Sequence[Cell]) -> list[Text]:
    urgent = summary.is_urgent(account, context.report.as_of)
    styles = ["bold red" if urgent and index == _DAYS_LEFT else "" for index in range(len(row))]
    return [context.text(str(text), style) for text, style in zip(row, styles, strict=True)]
