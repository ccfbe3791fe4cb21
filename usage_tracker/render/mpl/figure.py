"""The figures: which charts stand where, and what is written around them."""

from typing import Literal

from matplotlib.figure import Figure

from usage_tracker import formatting
from usage_tracker.render import summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.palette import DARK, LIGHT
from usage_tracker.render.chart_data.week import week
from usage_tracker.render.dates import Calendar
from usage_tracker.render.mpl import panels
from usage_tracker.render.mpl.canvas import DPI, Canvas, house_style
from usage_tracker.render.mpl.files import Chart
from usage_tracker.render.mpl.layout import Box
from usage_tracker.reporting.model import AccountReport, Detail, Report

Kind = Literal["overview", "balance", "spend", "heat"]

_LINES = Detail.DEPLETION | Detail.FAN | Detail.BURN_DOWN
DETAILS: dict[Kind, Detail] = {
    "overview": _LINES | Detail.HEAT,
    "balance": _LINES,
    "spend": Detail.NONE,
    "heat": Detail.HEAT,
}
"""What each kind of chart shows of a report's details."""

_ALONE: dict[Kind, panels.Panel] = {
    "balance": panels.balance_panel,
    "spend": panels.spend_panel,
    "heat": panels.heat_panel,
}
_BESIDE_OTHERS: dict[Kind, panels.Panel] = {
    "overview": panels.thumbnail,
    "balance": panels.thumbnail,
    "spend": panels.bars_thumbnail,
    "heat": panels.heat_thumbnail,
}
_KEYS: dict[Kind, panels.SharedKey] = {
    "overview": panels.balance_key,
    "balance": panels.balance_key,
    "spend": panels.bars_key,
    "heat": panels.heat_key,
}
_ROOMY, _TALL, _WIDE = 540, 330, 720
_SMALLEST = (17, 10)
# Smaller pictures have no room for labels beside the lines.
_LABELLED = (320, 200)
_SHAPE = 1.7


def plot(
    report: Report,
    kind: Kind = "overview",
    *,
    width: int = 1000,
    height: int = 625,
    dark: bool = False,
) -> Figure:
    """Draw `report` as a matplotlib Figure of `width` by `height` pixels.

    `overview` is the burn-down with its forecast and, where there is room, the spend by
    period and by hour of the week; the other kinds are one of these alone. Several
    accounts stand side by side, those that run out first first.
    """
    palette = DARK if dark else LIGHT
    with house_style():
        figure = Chart((width / DPI, height / DPI), dpi=DPI, facecolor=palette.surface)
        canvas = Canvas(figure, width, height, palette, Calendar.of(report))
        if len(report.accounts) == 1:
            _draw_one(canvas, report, report.accounts[0], kind)
        else:
            _draw_several(canvas, report, kind)
    return figure


def _draw_one(canvas: Canvas, report: Report, account: AccountReport, kind: Kind) -> None:
    page, name = _page(canvas), formatting.plain(account.account)
    tellings = captions.tellings(account, canvas.calendar)
    if canvas.width < _LABELLED[0] or canvas.height < _LABELLED[1]:
        _write_around(canvas, report, name, tellings)
        _BESIDE_OTHERS[kind](canvas, page, report, account)
        return
    standing = summary.standing(account, report).removesuffix(".")
    _write_around(canvas, report, name, [standing, tellings[-1]])
    if kind != "overview":
        _ALONE[kind](canvas, page, report, account)
    elif page.width < _ROOMY or page.height < _TALL or not account.periods:
        panels.balance_panel(canvas, page, report, account)
    else:
        upper, lower = page.rows(0.6, 1.3 * canvas.size)
        panels.balance_panel(canvas, upper, report, account)
        _draw_spending(canvas, lower, report, account)


def _draw_spending(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    if not week(account) or box.width < _WIDE:
        panels.spend_panel(canvas, box, report, account)
        return
    left, right = box.columns(0.6, 1.6 * canvas.size)
    panels.spend_panel(canvas, left, report, account)
    panels.heat_panel(canvas, right, report, account)


def _draw_several(canvas: Canvas, report: Report, kind: Kind) -> None:
    size, title = canvas.size, formatting.counted(len(report.accounts), "account")
    page = _page(canvas)
    across = max(1, int(page.width / (_SMALLEST[0] * size)))
    down = max(1, int(page.height / (_SMALLEST[1] * size)))
    shown = summary.by_days_left(report.accounts, report.as_of)[: across * down]
    _write_around(canvas, report, title, [_totals(report, len(shown))])
    page = page.inset(bottom=_KEYS[kind](canvas, page, report, shown))
    columns = round((len(shown) * page.width / page.height / _SHAPE) ** 0.5)
    boxes = page.grid(len(shown), max(1, min(across, columns)), 1.6 * size)
    for box, account in zip(boxes, shown, strict=True):
        _draw_among_others(canvas, box, report, account, kind)


def _draw_among_others(
    canvas: Canvas, box: Box, report: Report, account: AccountReport, kind: Kind
) -> None:
    size = canvas.size
    name, told = formatting.plain(account.account), captions.tellings(account, canvas.calendar)
    room = box.width - panels.MARGIN * canvas.small
    canvas.write_fitting(box.left, box.top + size, room, [name], weight="bold")
    look = {"fontsize": canvas.small, "color": canvas.palette.muted}
    canvas.write_fitting(box.left, box.top + 2.35 * size, room, told, **look)
    _BESIDE_OTHERS[kind](canvas, box.inset(top=3.7 * size), report, account)


def _totals(report: Report, shown: int) -> str:
    known = any(account.balance is not None for account in report.accounts)
    told = summary.pooled(report.accounts) if known else "no balance yet"
    return told if shown == len(report.accounts) else f"{told}  ·  the {shown} that run out first"


def _page(canvas: Canvas) -> Box:
    """The box between title and foot."""
    size = canvas.size
    return Box(0, 0, canvas.width, canvas.height).inset(
        1.3 * size, 4.9 * size, 1.3 * size, 2.2 * size
    )


def _write_around(canvas: Canvas, report: Report, title: str, tellings: list[str]) -> None:
    """Title and summary above, the moment of the report and a window of the past below."""
    size, palette, calendar = canvas.size, canvas.palette, canvas.calendar
    page = _page(canvas)
    heading = {"fontsize": 1.35 * size, "weight": "bold"}
    canvas.write_fitting(page.left, 2.2 * size, page.width, [title], **heading)
    canvas.write_fitting(page.left, 3.9 * size, page.width, tellings, color=palette.muted)
    small = {"color": palette.muted, "fontsize": 0.9 * canvas.small, "ha": "right"}
    right, foot = page.left + page.width - panels.MARGIN * canvas.small, canvas.height - 0.9 * size
    canvas.write_fitting(right, foot, page.width, captions.moments(report, calendar), **small)
