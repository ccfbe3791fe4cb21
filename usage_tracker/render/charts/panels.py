"""One chart in a box: its caption, its key and room for its labels."""

from collections.abc import Callable

from matplotlib.axes import Axes

from usage_tracker.render.charts import balance, heat, legends, spend
from usage_tracker.render.charts.canvas import Canvas
from usage_tracker.render.charts.layout import Box
from usage_tracker.render.plots.balance import burn_down
from usage_tracker.render.plots.spend import bars
from usage_tracker.render.plots.week import week
from usage_tracker.reporting.model import AccountReport, Report

# Letters that stay free on the right, for the half of a date below the edge.
MARGIN = 0.6

Panel = Callable[[Canvas, Box, Report, AccountReport], None]


def balance_panel(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The burn-down with its prospect told in the corner."""
    axes, room = _axes(canvas, box, "Balance")
    line = burn_down(report, account)
    balance.draw(canvas, axes, line)
    balance.annotate(canvas, axes, line, account.depletion)
    legends.of_balance(canvas, axes, room, line, account.depletion)


def spend_panel(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The bars."""
    axes, room = _axes(canvas, box, f"Spend by {report.by}")
    drawn = bars(report, account)
    spend.draw(canvas, axes, drawn, report.by)
    legends.of_spend(canvas, axes, room, drawn, report.by)


def heat_panel(canvas: Canvas, box: Box, _: Report, account: AccountReport) -> None:
    """The hours of the week."""
    axes = _axes(canvas, box, "Spend by hour of the week", gutter=2.8)[0]
    hours = week(account)
    heat.draw(canvas, axes, hours)
    key = {"fontsize": canvas.small, "color": canvas.palette.muted, "ha": "right"}
    canvas.write(
        box.left + box.width - MARGIN * canvas.small,
        box.top + canvas.small,
        heat.legend(hours),
        **key,
    )


def thumbnail(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The burn-down alone, small, to be told beside others."""
    balance.draw(canvas, _inner(canvas, box), burn_down(report, account))


def bars_thumbnail(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """The bars alone."""
    spend.draw(canvas, _inner(canvas, box), bars(report, account), report.by)


def heat_thumbnail(canvas: Canvas, box: Box, _: Report, account: AccountReport) -> None:
    """The hours of the week alone."""
    heat.draw(canvas, _inner(canvas, box, gutter=2.8), week(account))


def _axes(canvas: Canvas, box: Box, caption: str, gutter: float = 4.4) -> tuple[Axes, float]:
    """Axes under their caption, and the width that this leaves for a key beside it."""
    look = {"fontsize": canvas.small, "weight": "bold"}
    taken = canvas.write_fitting(box.left, box.top + canvas.small, box.width, [caption], **look)
    room = box.width - taken - 3 * canvas.small
    return _inner(canvas, box.inset(top=2.1 * canvas.small), gutter), room


def _inner(canvas: Canvas, box: Box, gutter: float = 4.4) -> Axes:
    """Axes in `box` with room for their labels on the left and below."""
    small = canvas.small
    return canvas.panel(box.inset(left=gutter * small, right=MARGIN * small, bottom=2.0 * small))
