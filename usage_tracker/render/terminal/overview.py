"""Several accounts at a glance: a line for each, those that run out first coming first."""

from collections.abc import Sequence

from rich.text import Text

from usage_tracker import formatting
from usage_tracker.render import summary
from usage_tracker.render.terminal.bars import sparkline
from usage_tracker.render.terminal.context import Page
from usage_tracker.render.terminal.table import GAP, Column, Sheet, cells
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


def sheet(page: Page) -> Sheet:
    """Every account of the page as one row, without what there is no room for."""
    now = page.report.as_of
    accounts = summary.by_days_left(page.report.accounts, now)
    columns = [
        (Column("Left", right=True), [_left(a) for a in accounts]),
        (Column("A day", right=True), [_a_day(a) for a in accounts]),
        (Column("Days left", right=True), [summary.days_left(a, now) for a in accounts]),
        (Column("Runs out"), [_runs_out(page, a) for a in accounts]),
    ]
    if _room(page, columns) < _SHORTEST_NAME:
        columns.pop()
    width = _name_width(_room(page, columns))
    columns.insert(0, (Column("Account"), [page.name(a.account, width) for a in accounts]))
    trend = min(_room(page, columns), _LONGEST_TREND)
    if trend >= _SHORTEST_TREND:
        columns.append((Column("Spend", style="cyan"), [_trend(page, a, trend) for a in accounts]))
    rows = zip(*(texts for _, texts in columns), strict=True)
    return Sheet(
        [column for column, _ in columns],
        [_warned(page, a, row) for a, row in zip(accounts, rows, strict=True)],
    )


def _room(page: Page, columns: Sequence[tuple[Column, Sequence[str]]]) -> int:
    """The cells that `columns` leave for one more."""
    taken = (max(map(cells, [column.title, *texts])) + GAP for column, texts in columns)
    return page.width - sum(taken)


def _name_width(room: int) -> int:
    """The most cells for a name: beyond a fair share, what a fair trend has no need of."""
    return max(min(room, _FAIR_NAME), room - _FAIR_TREND - GAP, _SHORTEST_NAME)


def total(page: Page) -> str:
    """What all accounts have left and cost together, as far as it is known."""
    rates = [
        rate.usd_per_day or 0.0 for a in page.report.accounts if (rate := summary.usual_rate(a))
    ]
    counted = formatting.counted(len(page.report.accounts), "account")
    a_day = page.ink.text(formatting.dollars(sum(rates) if rates else None))
    return f"{counted}: {summary.pooled(page.report.accounts)}; {a_day} a day."


def _left(account: AccountReport) -> str:
    return formatting.dollars(account.balance.usd if account.balance else None)


def _a_day(account: AccountReport) -> str:
    rate = summary.usual_rate(account)
    return formatting.dollars(rate.usd_per_day if rate else None)


def _runs_out(page: Page, account: AccountReport) -> str:
    depletion = account.depletion
    if depletion.low is None or depletion.median is None:
        return "no snapshot" if account.balance is None else _STATES.get(depletion.state, "")
    calendar, low, high = page.calendar, depletion.low, depletion.high
    late = calendar.date(high) if high else "later"
    # The year that both ends share is told with the last.
    early = calendar.date(low, year=False if calendar.same_year(low, high) else None)
    stale = " (stale)" if depletion.state == "stale" else ""
    return f"{early} – {late}{stale}"  # noqa: RUF001


def _trend(page: Page, account: AccountReport, width: int) -> str:
    return sparkline([period.usd for period in account.periods[-width:]], page.ink)


def _warned(page: Page, account: AccountReport, row: Sequence[str]) -> list[Text]:
    urgent = summary.is_urgent(account, page.report.as_of)
    styles = ["bold red" if urgent and index == _DAYS_LEFT else "" for index in range(len(row))]
    return [page.text(text, style) for text, style in zip(row, styles, strict=True)]
