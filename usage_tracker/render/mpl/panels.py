"""One chart in a box: its caption, its key and room for its labels."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes

from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import burn_down
from usage_tracker.render.chart_data.spend import bars
from usage_tracker.render.chart_data.week import week
from usage_tracker.render.mpl import balance, heat, legends, spend
from usage_tracker.render.mpl.canvas import Canvas
from usage_tracker.render.mpl.layout import Box
from usage_tracker.reporting.model import AccountReport, Report

# Letters that stay free on the right, for the half of a date below the edge.
MARGIN = 0.6

Accounts = Sequence[AccountReport]
Panel = Callable[[Canvas, Box, Report, AccountReport], None]
SharedKey = Callable[[Canvas, Box, Report, Accounts], float]


def balance_panel(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The burn-down with its prospect told in the corner."""
    line = burn_down(report, account)
    axes = _axes(
        canvas, box, "Balance", legends.of_balances(canvas, [line], account.depletion.level)
    )
    balance.draw(canvas, axes, line)
    balance.annotate(canvas, axes, line, account.depletion)


def spend_panel(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The bars."""
    drawn = bars(report, account)
    keys = legends.of_spend(canvas, drawn, report.by)
    spend.draw(canvas, _axes(canvas, box, f"Spend by {report.by}", *keys), drawn, report.by)


def heat_panel(canvas: Canvas, box: Box, _: Report, account: AccountReport) -> None:
    """The hours of the week, and below their caption of which time and how dear they are."""
    small, hours = canvas.small, week(account)
    below = box.inset(top=1.4 * small, right=MARGIN * small)
    heat.draw(canvas, _inner(canvas, box.inset(top=3.5 * small), gutter=2.8), hours)
    _caption(canvas, box, "Spend by hour of the week")
    look = {"fontsize": small, "color": canvas.palette.muted}
    top, right, dear = below.top + small, below.left + below.width, heat.legend(hours)
    taken = canvas.write_fitting(right, top, below.width, [dear], ha="right", **look)
    told = captions.weeks(account, canvas.calendar) if hours else ""
    canvas.write_fitting(below.left, top, below.width - taken - small, [told], **look)


def thumbnail(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The burn-down alone, small, to be told beside others."""
    balance.draw(canvas, _inner(canvas, box), burn_down(report, account))


def bars_thumbnail(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The bars alone."""
    spend.draw(canvas, _inner(canvas, box), bars(report, account), report.by)


def heat_thumbnail(canvas: Canvas, box: Box, _: Report, account: AccountReport) -> None:
    """The hours of the week alone."""
    heat.draw(canvas, _inner(canvas, box, gutter=2.8), week(account))


def balance_key(canvas: Canvas, box: Box, report: Report, accounts: Accounts) -> float:
    """The key to thumbnails of balances, at the foot of `box`; the height that it takes."""
    lines = [burn_down(report, account) for account in accounts]
    level = next((account.depletion.level for account in accounts), 0.0)
    return legends.place_below(canvas, box, legends.of_thumbnails(canvas, lines, level))


def bars_key(canvas: Canvas, box: Box, report: Report, accounts: Accounts) -> float:
    """The key to thumbnails of bars."""
    drawn = [bar for account in accounts for bar in bars(report, account)]
    long, _ = legends.of_spend(canvas, drawn, report.by)
    return legends.place_below(canvas, box, long)


def heat_key(canvas: Canvas, box: Box, _: Report, accounts: Accounts) -> float:
    """The key to thumbnails of weeks."""
    keys = legends.of_weeks(canvas) if any(map(week, accounts)) else []
    return legends.place_below(canvas, box, keys)


def _axes(canvas: Canvas, box: Box, caption: str, *keys: Sequence[legends.Key]) -> Axes:
    """Axes under their caption and their key, the first choice of `keys` that has room."""
    taken = _caption(canvas, box, caption)
    rows = legends.place(canvas, box.inset(right=MARGIN * canvas.small), taken, *keys)
    return _inner(canvas, box.inset(top=2.1 * canvas.small + rows))


def _caption(canvas: Canvas, box: Box, text: str) -> float:
    """Write `text` on the first row of `box`; the width that this takes."""
    look = {"fontsize": canvas.small, "weight": "bold"}
    return canvas.write_fitting(box.left, box.top + canvas.small, box.width, [text], **look)


def _inner(canvas: Canvas, box: Box, gutter: float = 4.4) -> Axes:
    """Axes in `box` with room for their labels on the left and below."""
    small = canvas.small
    return canvas.panel(box.inset(left=gutter * small, right=MARGIN * small, bottom=2.0 * small))
