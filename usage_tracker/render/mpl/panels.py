"""One chart in a box: its caption, its legend and room for its labels.

A legend lists only what the chart shows.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import BurnDown, burn_down
from usage_tracker.render.chart_data.kinds import Kind
from usage_tracker.render.chart_data.palette import EVENT_SHAPES
from usage_tracker.render.chart_data.spend import KIND_LABELS, Bar, bars, heatmap
from usage_tracker.render.mpl import balance, spend
from usage_tracker.render.mpl.canvas import Box, Canvas
from usage_tracker.reporting.model import AccountReport, Report

# Letters left free on the right, for half of the last date below the axis.
MARGIN = 0.6
_ROW, _ROW_GAP = 1.5, 0.4
# The chart height that each row of a legend needs, in letter heights.
_HEIGHT_PER_ROW = 8.5
_GUTTER, _DAY_GUTTER = 4.4, 2.8

Accounts = Sequence[AccountReport]
Panel = Callable[[Canvas, Box, Report, AccountReport], None]
SharedLegend = Callable[[Canvas, Box, Report, Accounts], float]
LegendEntry = tuple[Artist, str]
Corner = Literal["center right", "upper left", "lower left"]


def balance_panel(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """Draw the burn-down with the depletion date in its corner."""
    chart = burn_down(report, account)
    axes = _axes(canvas, box, "Balance", _balance_entries(canvas, [chart], account.depletion.level))
    balance.draw(canvas, axes, chart)
    balance.annotate(canvas, axes, chart, account.depletion)


def spend_panel(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """Draw the spend by period."""
    drawn = bars(report, account)
    entries = (_spend_entries(canvas, drawn, report.by, short=short) for short in (False, True))
    axes = _axes(canvas, box, f"Spend by {report.by}", *entries)
    spend.draw_bars(canvas, axes, drawn, report.by)


def heatmap_panel(canvas: Canvas, box: Box, _: Report, account: AccountReport) -> None:
    """Draw the hours of the week; below the caption the weeks averaged and the colour scale."""
    small, hours = canvas.small, heatmap(account)
    axes = _inner(canvas, box.inset(top=3.5 * small), _DAY_GUTTER)
    spend.draw_heatmap(canvas, axes, hours)
    _caption(canvas, box, "Spend by hour of the week")
    row = box.inset(top=1.4 * small, right=MARGIN * small)
    style = {"fontsize": small, "color": canvas.palette.muted}
    right, y, scale = row.left + row.width, row.top + small, spend.heatmap_scale(hours)
    taken = canvas.write_fitting(right, y, row.width, [scale], ha="right", **style)
    weeks = captions.weeks(account, canvas.calendar) if hours else ""
    canvas.write_fitting(row.left, y, row.width - taken - small, [weeks], **style)


def draw_alone(canvas: Canvas, axes: Axes, report: Report, kind: Kind) -> None:
    """Draw a chart with its caption on axes that stand in somebody else's figure."""
    (account,) = report.accounts
    captions_of = {"spend": f"Spend by {report.by}", "heat": "Spend by hour of the week"}
    axes.set_title(
        captions_of.get(kind, "Balance"), loc="left", fontsize=canvas.small,
        color=canvas.palette.text, weight="bold",
    )  # fmt: skip
    if kind == "spend":
        spend.draw_bars(canvas, axes, bars(report, account), report.by)
    elif kind == "heat":
        spend.draw_heatmap(canvas, axes, heatmap(account))
    else:
        chart = burn_down(report, account)
        balance.draw(canvas, axes, chart)
        balance.annotate(canvas, axes, chart, account.depletion)


def balance_thumbnail(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """Draw a small burn-down without labels."""
    balance.draw(canvas, _inner(canvas, box), burn_down(report, account))


def spend_thumbnail(canvas: Canvas, box: Box, report: Report, account: AccountReport) -> None:
    """Draw small bars."""
    spend.draw_bars(canvas, _inner(canvas, box), bars(report, account), report.by)


def heatmap_thumbnail(canvas: Canvas, box: Box, _: Report, account: AccountReport) -> None:
    """Draw small hours of the week."""
    spend.draw_heatmap(canvas, _inner(canvas, box, _DAY_GUTTER), heatmap(account))


def balance_legend(canvas: Canvas, box: Box, report: Report, accounts: Accounts) -> float:
    """Write one legend for all balance thumbnails at the foot of `box`; return its height."""
    charts = [burn_down(report, account) for account in accounts]
    level = next((account.depletion.level for account in accounts), 0.0)
    entries = _balance_entries(canvas, charts, level)
    if any(chart.unobserved for chart in charts):
        entries.append((Patch(color=canvas.palette.haze), "no snapshots"))
    if any(chart.ends.median is not None for chart in charts):
        end = Line2D([], [], color=canvas.palette.out, linewidth=3, alpha=0.7, marker="D")
        end.set(markersize=0.42 * canvas.size, markeredgecolor=canvas.palette.surface)
        entries.append((end, "runs out"))
    return _legend_below(canvas, box, entries)


def spend_legend(canvas: Canvas, box: Box, report: Report, accounts: Accounts) -> float:
    """Write one legend for all bar thumbnails."""
    drawn = [bar for account in accounts for bar in bars(report, account)]
    return _legend_below(canvas, box, _spend_entries(canvas, drawn, report.by, short=False))


def heatmap_legend(canvas: Canvas, box: Box, _: Report, accounts: Accounts) -> float:
    """Write one legend for all thumbnails of the hours of the week."""
    palette = canvas.palette
    entries: list[LegendEntry] = [
        (Patch(color=palette.heat[-1]), "an account's dearest hour"),
        (Patch(color=palette.haze), "unknown"),
        (Patch(fill=False, linewidth=0), captions.WEEKS_OF_EACH),
    ]
    return _legend_below(canvas, box, entries if any(map(heatmap, accounts)) else [])


def _axes(canvas: Canvas, box: Box, caption: str, *choices: Sequence[LegendEntry]) -> Axes:
    """Return axes below a caption and the first legend of `choices` that fits."""
    taken = _caption(canvas, box, caption)
    rows = _legend_beside(canvas, box.inset(right=MARGIN * canvas.small), taken, *choices)
    return _inner(canvas, box.inset(top=2.1 * canvas.small + rows))


def _caption(canvas: Canvas, box: Box, text: str) -> float:
    """Write `text` in the first row of `box` and return its width."""
    style = {"fontsize": canvas.small, "weight": "bold"}
    return canvas.write_fitting(box.left, box.top + canvas.small, box.width, [text], **style)


def _inner(canvas: Canvas, box: Box, gutter: float = _GUTTER) -> Axes:
    """Return axes in `box` with room for their labels on the left and below."""
    small = canvas.small
    return canvas.panel(box.inset(left=gutter * small, right=MARGIN * small, bottom=2.0 * small))


def _balance_entries(canvas: Canvas, charts: Sequence[BurnDown], level: float) -> list[LegendEntry]:
    palette = canvas.palette
    entries: list[LegendEntry] = []
    if any(chart.forecast is not None for chart in charts):
        entries.append((Patch(color=palette.fan), f"{formatting.percent(level)} interval"))
        entries.append((_line(palette.balance, balance.MEDIAN_DASHES), "even odds"))
    if any(chart.ends.linear is not None for chart in charts):
        entries.append((_line(palette.muted, balance.LINEAR_DASHES), "straight line"))
    if any(chart.line.gaps for chart in charts):
        entries.append((_line(palette.balance, balance.GAP_DASHES), "gap"))
    return [*entries, *_event_entries(canvas, {kind for c in charts for _, kind in c.marks})]


def _spend_entries(
    canvas: Canvas, bars: Sequence[Bar], by: By, *, short: bool
) -> list[LegendEntry]:
    kinds = {bar.kind for bar in bars}
    entries = [
        (Patch(**spend.bar_style(kind, canvas.palette)), labels[short].format(by=by))
        for kind, labels in KIND_LABELS.items()
        if kind in kinds
    ]
    return [*entries, *_event_entries(canvas, {mark.kind for bar in bars for mark in bar.marks})]


def _event_entries(canvas: Canvas, kinds: set[str]) -> list[LegendEntry]:
    return [
        (Line2D([], [], **canvas.mark_style(kind)), formatting.event_name(kind))
        for kind in EVENT_SHAPES
        if kind in kinds
    ]


def _line(colour: str, dashes: tuple[float, float]) -> Line2D:
    return Line2D([], [], color=colour, dashes=dashes)


def _legend_beside(
    canvas: Canvas, box: Box, taken: float, *choices: Sequence[LegendEntry]
) -> float:
    """Write a legend into the first row of `box`, right of what is `taken`, or into rows below.

    In order of preference: the first of `choices` that fits beside, the last in rows below,
    as many of the last as fit beside. Return the height of the rows below.
    """
    right = (box.left + box.width, box.top + 0.62 * canvas.small)
    room = box.width - taken - 2.4 * canvas.small
    for entries in filter(None, choices):
        if _write_legend(canvas, entries, len(entries), room, right, "center right"):
            return 0.0
    entries = choices[-1] if choices else ()
    upper_left = (box.left, box.top + 1.6 * canvas.small)
    if height := _legend_rows(canvas, box, entries, upper_left, "upper left"):
        return height
    for count in range(len(entries) - 1, 0, -1):
        if _write_legend(canvas, entries[:count], count, room, right, "center right"):
            return 0.0
    return 0.0


def _legend_below(canvas: Canvas, box: Box, entries: Sequence[LegendEntry]) -> float:
    """Write as many `entries` as fit into rows at the foot of `box`; return their height."""
    corner = (box.left, box.top + box.height)
    tried = (entries[:count] for count in range(len(entries), 0, -1))
    heights = (_legend_rows(canvas, box, some, corner, "lower left") for some in tried)
    return next(filter(None, heights), 0.0)


def _legend_rows(
    canvas: Canvas, box: Box, entries: Sequence[LegendEntry], at: tuple[float, float],
    corner: Corner,
) -> float:  # fmt: skip
    """Write `entries` in the fewest rows; return their height, or 0 if `box` is too small."""
    for rows in range(1, int(box.height / (_HEIGHT_PER_ROW * canvas.small)) + 1):
        columns = -(-len(entries) // rows)
        if entries and _write_legend(canvas, entries, columns, box.width, at, corner):
            return (rows * _ROW + _ROW_GAP) * canvas.small
    return 0.0


def _write_legend(
    canvas: Canvas, entries: Sequence[LegendEntry], columns: int, room: float,
    at: tuple[float, float], corner: Corner,
) -> bool:  # fmt: skip
    """Write `entries` with their `corner` at `at`, unless they are wider than `room`."""
    # matplotlib fills columns first; this order reads in rows.
    in_rows = chain.from_iterable(entries[column::columns] for column in range(columns))
    handles, labels = zip(*in_rows, strict=True)
    legend = canvas.figure.legend(
        handles, labels, loc=corner, ncols=columns, frameon=False,
        bbox_to_anchor=(at[0] / canvas.width, 1 - at[1] / canvas.height),
        fontsize=canvas.small, labelcolor=canvas.palette.muted, handlelength=1.7,
        handletextpad=0.5, columnspacing=1.2, borderpad=0, borderaxespad=0, handleheight=0.75,
    )  # fmt: skip
    if canvas.extent(legend).width > room:
        legend.remove()
        return False
    return True
