"""One account in full."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from usage_tracker import formatting
from usage_tracker.render import summary
from usage_tracker.render.terminal import burndown, periods, tables
from usage_tracker.render.terminal.context import Page
from usage_tracker.render.terminal.table import Sheet
from usage_tracker.reporting.model import AccountReport

_BETWEEN = 4
_NARROWEST_PICTURE = 60
_IN_FLIGHT = "In flight: reserved for open requests at the opening, less that at the closing."

Titled = tuple[str, Sheet]


def detail(page: Page, account: AccountReport) -> Iterator[RenderableType]:
    """Everything known about `account`, part by part from the top."""
    urgent = summary.is_urgent(account, page.report.as_of)
    yield from _title(page, account)
    yield page.text(summary.standing(account, page.report), "bold red" if urgent else "bold")
    if verdict := summary.verdict(account, page.calendar):
        yield page.text(verdict)
    if account.trust:
        yield page.text(formatting.plain(account.trust, 300), "magenta")
    yield from _picture(page, account)
    if page.is_wide and account.periods:
        yield _side_by_side(page, account)
    else:
        yield from _spend(page, account, page.width)
        yield from _packed(page, account)
    yield Text()
    if account.reconciliation.in_flight:
        yield page.text(_IN_FLIGHT, "dim")
    yield page.text(summary.foundation(account, page.report), "dim")


def _title(page: Page, account: AccountReport) -> Iterator[RenderableType]:
    title = Text(page.name(account.account, page.width // 2), "bold")
    if account.base_url:
        title.append(f"  {page.name(account.base_url, page.width // 2 - 2)}", "dim not bold")
    yield title
    yield Text(page.ink.line * page.width, "dim")


def _picture(page: Page, account: AccountReport) -> Iterator[RenderableType]:
    lines = burndown.picture(page, account)
    if lines and page.width >= _NARROWEST_PICTURE:
        yield from _heading(page, "Balance")
        yield from lines
        yield from page.legend(burndown.legend(page, account), page.width)


def _side_by_side(page: Page, account: AccountReport) -> RenderableType:
    made = list(_tables(page, account))
    aside = max((sheet.width for _, sheet in made), default=0)
    left = page.width - aside - _BETWEEN
    return _beside(
        (left, Group(*_spend(page, account, left))),
        (aside, Group(*_under_each_other(page, made))),
    )


def _spend(page: Page, account: AccountReport, width: int) -> Iterator[RenderableType]:
    shown = replace(account, periods=summary.known_periods(account))
    if shown.periods:
        yield from _heading(page, f"Spend by {page.report.by}")
        yield periods.sheet(page, shown, width)
        yield from page.legend(periods.legend(page, shown), width)


def _packed(page: Page, account: AccountReport) -> Iterator[RenderableType]:
    """The small tables, as many beside each other as find room."""
    rows: list[list[Titled]] = []
    for title, sheet in _tables(page, account):
        taken = sum(other.width + _BETWEEN for _, other in rows[-1]) if rows else page.width
        if taken + sheet.width > page.width:
            rows.append([])
        rows[-1].append((title, sheet))
    for row in rows:
        groups = [Group(*_under_each_other(page, [titled])) for titled in row]
        widths = (max(sheet.width, len(title)) for title, sheet in row)
        yield _beside(*zip(widths, groups, strict=True))


def _tables(page: Page, account: AccountReport) -> Iterator[Titled]:
    made = (
        ("When it runs out", tables.ends(page, account)),
        ("What a day costs", tables.rates(page, account)),
        ("Where the money went", tables.statement(page, account)),
        (_events_title(account), tables.events(page, account)),
    )
    return ((title, sheet) for title, sheet in made if sheet.rows)


def _events_title(account: AccountReport) -> str:
    earlier = len(account.events) - tables.LATEST_EVENTS
    return f"Events (and {earlier:,} earlier)" if earlier > 0 else "Events"


def _under_each_other(page: Page, made: Iterable[Titled]) -> Iterator[RenderableType]:
    for title, sheet in made:
        yield from _heading(page, title)
        yield sheet


def _beside(*parts: tuple[int, RenderableType]) -> RenderableType:
    grid = Table.grid(padding=(0, _BETWEEN, 0, 0), pad_edge=False)
    for width, _ in parts:
        grid.add_column(width=width)
    grid.add_row(*(part for _, part in parts))
    return grid


def _heading(page: Page, title: str) -> Iterator[RenderableType]:
    yield Text()
    yield page.text(title, "bold")
