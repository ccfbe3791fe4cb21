"""Spend by period: a line and a bar for each.

A cell tells what it is worth: `—` is unknown and `$0.00` is nothing spent, `~` and a
pale bar are estimated, and one mark tells a period that is not whole, because the window
cuts it or it still runs, another one that is in part unknown.
"""

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text

from usage_tracker.formatting import UNKNOWN, common_places, count, dollars
from usage_tracker.money import usd
from usage_tracker.render.chart_data.spend import kind_of
from usage_tracker.render.phrases import (
    closing_balance,
    closing_mark,
    credits_by_period,
    events_by_period,
)
from usage_tracker.render.terminal.bars import bar, guessed_bar
from usage_tracker.render.terminal.context import Page
from usage_tracker.render.terminal.event_marks import credit, signs
from usage_tracker.render.terminal.table import GAP, Column, Sheet, cells
from usage_tracker.reporting.model import AccountReport, Period

_LONGEST_BAR = 60
_CREDIT_FROM, _REQUESTS_FROM = 48, 70

Texts = Sequence[str | Text]


def sheet(page: Page, account: AccountReport, width: int) -> Sheet:
    """The periods of `account` as a table of at most `width` cells."""
    periods = account.periods
    happened = events_by_period(account.periods, account.events)
    left = [
        (Column(page.report.by.capitalize()), _labels(page, periods)),
        (Column(), [_mark(page, p) for p in periods]),
        (Column("Spent", right=True), _spent(page, periods)),
    ]
    right = [
        (Column(), [signs(events, page.ink) for events in happened]),
        (Column("Credit", right=True), _credit(account, width)),
        (Column("Requests", right=True), _requests(page, periods, width)),
        (Column("Balance", right=True), _balances(page, account)),
    ]
    left, right = ([pair for pair in part if any(pair[1])] for part in (left, right))
    taken = sum(
        max(cells(str(text)) for text in [column.title, *texts]) + GAP
        for column, texts in left + right
    )
    bars = _bars(page, periods, min(max(width - taken, 0), _LONGEST_BAR))
    columns, texts = zip(*left, (Column(style="cyan"), bars), *right, strict=True)
    return Sheet(columns, list(zip(*texts, strict=True)))


def legend(page: Page, account: AccountReport) -> list[str]:
    """What the marks in the table mean, as far as they occur."""
    periods, by = account.periods, page.report.by
    marks = {_mark(page, p) for p in periods}
    before = periods[0].start > page.report.since
    start = page.calendar.period(periods[0].start, by)
    noted = (
        (page.ink.short, f"not a whole {by}", page.ink.short in marks),
        (page.ink.uncertain, "in part unknown", page.ink.uncertain in marks),
        ("~", "estimated", any(p.estimated and p.usd is not None for p in periods)),
        (page.ink.text(UNKNOWN), "unknown", any(p.usd is None for p in periods)),
        ("nothing known", f"before {start}", before),
    )
    return [f"{mark} {meaning}" for mark, meaning, occurs in noted if occurs]


def _mark(page: Page, period: Period) -> str:
    """The mark of a period that is cut, or of which a part is unknown; `~` tells an estimate."""
    marks = {"short": page.ink.short, "uncertain": page.ink.uncertain}
    seen = replace(period, estimated=False)
    return marks.get(kind_of(seen, page.report.by, page.calendar), "")


def _labels(page: Page, periods: Sequence[Period]) -> Texts:
    return page.calendar.periods([p.start for p in periods], page.report.by)


def _spent(page: Page, periods: Sequence[Period]) -> Texts:
    places = common_places([p.usd for p in periods])
    guesses = ("~" if p.estimated and p.usd is not None else "" for p in periods)
    return [
        page.ink.text(guess + dollars(p.usd, places))
        for guess, p in zip(guesses, periods, strict=True)
    ]


def _bars(page: Page, periods: Sequence[Period], width: int) -> Texts:
    most = max((p.usd for p in periods if p.usd is not None), default=0.0) or 1.0
    draw = {False: bar, True: guessed_bar}
    return [draw[p.estimated]((p.usd or 0.0) / most, width, page.ink) for p in periods]


def _requests(page: Page, periods: Sequence[Period], width: int) -> Texts:
    if width < _REQUESTS_FROM or all(p.requests is None for p in periods):
        return [""] * len(periods)
    return [page.ink.text(count(p.requests)) for p in periods]


def _balances(page: Page, account: AccountReport) -> Texts:
    units = [closing_balance(p, account) for p in account.periods]
    worth = [None if u is None else usd(u, account.quota_per_unit) for u in units]
    places = common_places(worth)
    return [
        page.ink.text(closing_mark(p, account) + dollars(balance, places))
        for p, balance in zip(account.periods, worth, strict=True)
    ]


def _credit(account: AccountReport, width: int) -> Texts:
    units = credits_by_period(account.periods, account.events)
    if width < _CREDIT_FROM:
        return [""] * len(units)
    return [credit(each, account.quota_per_unit) for each in units]
