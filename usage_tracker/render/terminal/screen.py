"""The whole page, and the terminal it is made for."""

import io
import os
import shutil
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from usage_tracker.encoding import takes
from usage_tracker.formatting import timezone
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal import overview
from usage_tracker.render.terminal.charset import BLOCKS, ink
from usage_tracker.render.terminal.context import Page
from usage_tracker.render.terminal.detail import detail
from usage_tracker.reporting.model import Report

NARROWEST, WIDEST = 30, 160
LONG = 400


def show(report: Report, stream: TextIO) -> None:
    """Write `report` to `stream` as wide, as colourful and in such characters as it can take."""
    width = shutil.get_terminal_size().columns
    stream.write(
        render(report, width=width, color=takes_color(stream), unicode=takes_unicode(stream))
    )


def takes_color(stream: TextIO) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def render(report: Report, *, width: int, color: bool, unicode: bool) -> str:
    """`report` as text of lines at most `width` cells wide (30 at least, and 160 are enough).

    It has `color` if asked for, but for a report of more than `LONG` rows.
    """
    color = color and _rows(report) <= LONG
    page = Page(
        report,
        Calendar.of(report),
        ink(unicode=unicode),
        min(max(width, NARROWEST), WIDEST),
    )
    console = Console(
        file=io.StringIO(),
        width=page.width,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as captured:
        for part in _parts(page):
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _parts(page: Page) -> Iterator[RenderableType]:
    report = page.report
    yield page.text(_window(page), "dim")
    if not report.accounts:
        yield page.text("There are no accounts.")
    if len(report.accounts) > 1:
        yield Text()
        yield overview.sheet(page)
        yield page.text(overview.total(page), "bold")
    if len(report.accounts) <= summary.FLEET:
        for account in summary.by_days_left(report.accounts, report.as_of):
            yield Text()
            yield from detail(page, account)


def _rows(report: Report) -> int:
    accounts = report.accounts
    detailed = accounts if len(accounts) <= summary.FLEET else ()
    return len(accounts) + sum(len(account.periods) for account in detailed)


def _window(page: Page) -> str:
    report, minute = page.report, page.calendar.minute
    ending = f"{minute(report.until, year=True)}, {timezone(report.timezone)}"
    window = f"{minute(report.since)} to {ending}"
    return window if report.as_of == report.until else f"{window}, as of {minute(report.as_of)}"


def takes_unicode(stream: TextIO) -> bool:
    """Whether `stream` takes the characters of the picture."""
    return takes(stream, BLOCKS.rising + BLOCKS.fan + "".join(BLOCKS.marks.values()))
