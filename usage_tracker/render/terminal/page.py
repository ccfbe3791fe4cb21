"""The whole report as text for a terminal."""

import io
import os
import shutil
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from usage_tracker.formatting import can_encode, timezone_name
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal import overview
from usage_tracker.render.terminal.account import account_parts
from usage_tracker.render.terminal.charset import ASCII, BLOCKS
from usage_tracker.render.terminal.layout import Context
from usage_tracker.reporting.model import FLEET, Report

NARROWEST, WIDEST = 30, 160
# A report of more rows has no colours: rich takes 0.35 ms a row for them.
LONG = 400


def show(report: Report, stream: TextIO) -> None:
    """Write `report` to `stream` in its width, colours and characters."""
    width = shutil.get_terminal_size().columns
    stream.write(
        render(report, width=width, color=takes_color(stream), unicode=takes_unicode(stream))
    )


def takes_color(stream: TextIO) -> bool:
    """Return whether to write colours: on a terminal, unless NO_COLOR or FORCE_COLOR is set."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def takes_unicode(stream: TextIO) -> bool:
    """Return whether `stream` takes the characters of the charts."""
    return can_encode(stream, BLOCKS.rising + BLOCKS.fan + "".join(BLOCKS.marks.values()))


def render(report: Report, *, width: int, color: bool, unicode: bool) -> str:
    """Return `report` in lines of at most `width` cells (clipped to 30 to 160).

    A report of more than `LONG` rows is never coloured.
    """
    color = color and _rows(report) <= LONG
    context = Context(
        report,
        Calendar.of(report),
        BLOCKS if unicode else ASCII,
        min(max(width, NARROWEST), WIDEST),
    )
    console = Console(
        file=io.StringIO(),
        width=context.width,
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
        for part in _parts(context):
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _parts(context: Context) -> Iterator[RenderableType]:
    report = context.report
    yield context.text(_window(context), "dim")
    if not report.accounts:
        yield context.text("There are no accounts.")
    if len(report.accounts) > 1:
        yield Text()
        yield overview.table(context)
        yield context.text(overview.total(context), "bold")
    if len(report.accounts) <= FLEET:
        for account in summary.by_days_left(report.accounts, report.as_of):
            yield Text()
            yield from account_parts(context, account)


def _rows(report: Report) -> int:
    accounts = report.accounts
    detailed = accounts if len(accounts) <= FLEET else ()
    return len(accounts) + sum(len(account.periods) for account in detailed)


def _window(context: Context) -> str:
    report, minute = context.report, context.calendar.minute
    until = f"{minute(report.until, year=True)}, {timezone_name(report.timezone)}"
    window = f"{minute(report.since)} to {until}"
    return window if report.as_of == report.until else f"{window}, as of {minute(report.as_of)}"
