"""Figures and picture files: the arrangement of charts, and the text around them."""

import io
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from usage_tracker import formatting
from usage_tracker.errors import MisuseError
from usage_tracker.render import summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.kinds import Kind
from usage_tracker.render.chart_data.palette import DARK, LIGHT
from usage_tracker.render.chart_data.spend import heatmap
from usage_tracker.render.dates import Calendar
from usage_tracker.render.mpl import panels
from usage_tracker.render.mpl.canvas import DPI, Box, Canvas, house_style
from usage_tracker.reporting.model import AccountReport, Report

_PANELS: Final[dict[Kind, panels.Panel]] = {
    "balance": panels.balance_panel,
    "spend": panels.spend_panel,
    "heat": panels.heatmap_panel,
}
_THUMBNAILS: Final[dict[Kind, panels.Panel]] = {
    "overview": panels.balance_thumbnail,
    "balance": panels.balance_thumbnail,
    "spend": panels.spend_thumbnail,
    "heat": panels.heatmap_thumbnail,
}
_LEGENDS: Final[dict[Kind, panels.SharedLegend]] = {
    "overview": panels.balance_legend,
    "balance": panels.balance_legend,
    "spend": panels.spend_legend,
    "heat": panels.heatmap_legend,
}
# Pixels that an overview needs for its lower row, and for the heat map in it.
_OVERVIEW, _WITH_HEATMAP = (540, 330), 720
# Letters that a thumbnail needs.
_THUMBNAIL = (17, 10)
# Pixels below which labels beside the lines have no room.
_LABELLED = (320, 200)
_THUMBNAIL_RATIO = 1.7
_FORMATS = ("png", "svg")
# Without dates and versions, the same report makes the same bytes.
_METADATA: Final[dict[str, dict[str, str | None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


class UnknownPictureError(MisuseError):
    """A file name that ends in no picture format."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[-60:]!r} is not a picture format: end it in .png or .svg")


class UnusableAxesError(MisuseError):
    """Axes for a report on several accounts, or none."""

    def __init__(self, accounts: int) -> None:
        super().__init__(f"axes show one account, not {accounts}: draw each on its own with ax=")


class Chart(Figure):
    """A figure that notebooks show, sharp on any screen, without pyplot."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = (round(side * DPI) for side in self.get_size_inches())
        return picture(self, "png", density=2), {"width": width, "height": height}


def picture(figure: Figure, file_format: str, *, density: float = 1) -> bytes:
    """Return `figure` as a `png` or `svg` file with `density` PNG pixels per figure pixel.

    Raises UnknownPictureError for any other format.
    """
    if file_format not in _FORMATS:
        raise UnknownPictureError(f".{file_format}")
    content = io.BytesIO()
    metadata = _METADATA[file_format]
    with house_style():
        figure.savefig(content, format=file_format, dpi=DPI * density, metadata=metadata)
    return content.getvalue()


def save(figure: Figure, path: str | Path, *, density: float = 1) -> None:
    """Write `figure` to `path` in the format of its suffix."""
    Path(path).write_bytes(picture(figure, format_of(path), density=density))


def format_of(path: str | Path) -> str:
    """Return the format of the suffix of `path`: `png` or `svg`."""
    file_format = Path(path).suffix.lower().removeprefix(".")
    if file_format not in _FORMATS:
        raise UnknownPictureError(str(path))
    return file_format


def plot(
    report: Report,
    kind: Kind = "overview",
    *,
    width: int = 1000,
    height: int = 625,
    dark: bool = False,
) -> Figure:
    """Return `report` as a matplotlib Figure of `width` by `height` pixels.

    `overview` is the burn-down with its forecast and, if there is room, the spend by period
    and by hour of the week; the other kinds are one of these alone. Several accounts appear
    side by side, ordered by their days left.
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


def draw_on(axes: Axes, report: Report, kind: Kind = "overview", *, dark: bool = False) -> Figure:
    """Draw one account's chart on `axes`, the balance for an overview; return their figure."""
    figure = axes.figure.figure  # the root, where axes stand in a part of it
    if len(report.accounts) != 1:
        raise UnusableAxesError(len(report.accounts))
    density = figure.dpi
    figure.set_dpi(DPI)  # a canvas measures in pixels, text in points
    try:
        with house_style():
            box, palette = axes.get_window_extent(), DARK if dark else LIGHT
            canvas = Canvas(figure, box.width, box.height, palette, Calendar.of(report))
            canvas.strip(axes)
            panels.draw_alone(canvas, axes, report, kind)
    finally:
        figure.set_dpi(density)
    return figure


def _draw_one(canvas: Canvas, report: Report, account: AccountReport, kind: Kind) -> None:
    page, name = _page(canvas), formatting.plain(account.account)
    summaries = captions.summaries(account, canvas.calendar)
    if canvas.width < _LABELLED[0] or canvas.height < _LABELLED[1]:
        _write_around(canvas, report, name, summaries)
        _THUMBNAILS[kind](canvas, page, report, account)
        return
    balance = summary.balance_sentence(account, report).removesuffix(".")
    _write_around(canvas, report, name, [balance, summaries[-1]])
    if kind != "overview":
        _PANELS[kind](canvas, page, report, account)
    else:
        _draw_overview(canvas, page, report, account)


def _draw_overview(canvas: Canvas, page: Box, report: Report, account: AccountReport) -> None:
    if page.width < _OVERVIEW[0] or page.height < _OVERVIEW[1] or not len(account.periods):
        panels.balance_panel(canvas, page, report, account)
        return
    upper, lower = page.rows(0.6, 1.3 * canvas.size)
    panels.balance_panel(canvas, upper, report, account)
    if not heatmap(account) or lower.width < _WITH_HEATMAP:
        panels.spend_panel(canvas, lower, report, account)
        return
    left, right = lower.columns(0.6, 1.6 * canvas.size)
    panels.spend_panel(canvas, left, report, account)
    panels.heatmap_panel(canvas, right, report, account)


def _draw_several(canvas: Canvas, report: Report, kind: Kind) -> None:
    size, page = canvas.size, _page(canvas)
    across, down = (
        max(1, int(side / (letters * size)))
        for side, letters in zip((page.width, page.height), _THUMBNAIL, strict=True)
    )
    shown = summary.by_days_left(report.accounts, report.as_of)[: across * down]
    title = formatting.count_noun(len(report.accounts), "account")
    _write_around(canvas, report, title, [_total(report, len(shown))])
    page = page.inset(bottom=_LEGENDS[kind](canvas, page, report, shown))
    columns = round((len(shown) * page.width / page.height / _THUMBNAIL_RATIO) ** 0.5)
    boxes = page.grid(len(shown), max(1, min(across, columns)), 1.6 * size)
    for box, account in zip(boxes, shown, strict=True):
        _draw_thumbnail(canvas, box, report, account, kind)


def _draw_thumbnail(
    canvas: Canvas, box: Box, report: Report, account: AccountReport, kind: Kind
) -> None:
    size, name = canvas.size, formatting.plain(account.account)
    room = box.width - panels.MARGIN * canvas.small
    canvas.write_fitting(box.left, box.top + size, room, [name], weight="bold")
    style = {"fontsize": canvas.small, "color": canvas.palette.muted}
    summaries = captions.summaries(account, canvas.calendar)
    canvas.write_fitting(box.left, box.top + 2.35 * size, room, summaries, **style)
    _THUMBNAILS[kind](canvas, box.inset(top=3.7 * size), report, account)


def _total(report: Report, shown: int) -> str:
    known = any(account.balance is not None for account in report.accounts)
    total = summary.total_balance(report.accounts) if known else "no balance yet"
    first = "" if shown == len(report.accounts) else f"the {shown} that run out first"
    notes = summary.sum_notes(report.accounts).removesuffix(".")
    return "  ·  ".join(part for part in (total, notes, first) if part)


def _page(canvas: Canvas) -> Box:
    """Return the box between title and foot."""
    size = canvas.size
    return Box(0, 0, canvas.width, canvas.height).inset(
        1.3 * size, 4.9 * size, 1.3 * size, 2.2 * size
    )


def _write_around(canvas: Canvas, report: Report, title: str, summaries: list[str]) -> None:
    """Write title and summary above the page, and the report's times below."""
    size, muted, page = canvas.size, canvas.palette.muted, _page(canvas)
    heading = {"fontsize": 1.35 * size, "weight": "bold"}
    canvas.write_fitting(page.left, 2.2 * size, page.width, [title], **heading)
    canvas.write_fitting(page.left, 3.9 * size, page.width, summaries, color=muted)
    small = {"color": muted, "fontsize": 0.9 * canvas.small, "ha": "right"}
    right, foot = page.left + page.width - panels.MARGIN * canvas.small, canvas.height - 0.9 * size
    times = captions.report_times(report, canvas.calendar)
    canvas.write_fitting(right, foot, page.width, times, **small)
