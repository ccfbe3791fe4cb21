"""A figure measured in pixels, and the drawing operations that all charts share.

A point is a pixel at a figure's 72 dots per inch, so PNG and SVG have the same sizes at
every resolution.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from usage_tracker.render.chart_data.labels import Lettering, Space
from usage_tracker.render.chart_data.palette import CREDIT_KINDS, EVENT_SHAPES, Palette
from usage_tracker.render.chart_data.scales import Tick, apart, dollar_ticks, time_ticks
from usage_tracker.render.dates import Calendar

DPI = 72
# The width of a letter as a share of its height.
LETTER = 0.6
# Account names come in any script: fonts that systems have for the ones DejaVu lacks.
_FALLBACK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "WenQuanYi Micro Hei", "SimHei", "Noto Sans",
)  # fmt: skip


@contextmanager
def house_style() -> Iterator[None]:
    """Use matplotlib's defaults and this package's style, not the user's matplotlibrc."""
    fonts = set(font_manager.get_font_names())
    style: dict[Any, Any] = {
        name: value for name, value in mpl.rcParamsDefault.items() if "backend" not in name
    }
    style |= {
        "font.family": ["DejaVu Sans", *(name for name in _FALLBACK_FONTS if name in fonts)],
        "text.parse_math": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "usage-tracker",
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        # A letter without a font becomes a box in a PNG and stays text in an SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a figure in pixels; `top` counts downwards."""

    left: float
    top: float
    width: float
    height: float

    def rows(self, share: float, gap: float) -> tuple["Box", "Box"]:
        """Split into two boxes `gap` apart, the upper with `share` of the height."""
        height = (self.height - gap) * share
        upper = Box(self.left, self.top, self.width, height)
        top = self.top + height + gap
        return upper, Box(self.left, top, self.width, self.height - height - gap)

    def columns(self, share: float, gap: float) -> tuple["Box", "Box"]:
        """Split into two boxes `gap` apart, the left with `share` of the width."""
        width = (self.width - gap) * share
        first = Box(self.left, self.top, width, self.height)
        left = self.left + width + gap
        return first, Box(left, self.top, self.width - width - gap, self.height)

    def inset(self, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> "Box":
        """Return the box inside these margins."""
        width, height = self.width - left - right, self.height - top - bottom
        return Box(self.left + left, self.top + top, max(1.0, width), max(1.0, height))

    def grid(self, n: int, columns: int, gap: float) -> tuple["Box", ...]:
        """Return `n` equal boxes `gap` apart, row by row."""
        rows = max(1, -(-n // columns))
        width = (self.width - gap * (columns - 1)) / columns
        height = (self.height - gap * (rows - 1)) / rows
        corners = (
            (self.left + (width + gap) * (i % columns), self.top + (height + gap) * (i // columns))
            for i in range(n)
        )
        return tuple(Box(left, top, width, height) for left, top in corners)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A figure of `width` by `height` pixels to draw on; y counts from the top."""

    figure: Figure
    width: float
    height: float
    palette: Palette
    calendar: Calendar

    @property
    def size(self) -> float:
        """The text height: 10 px on a thumbnail, 18 px on a poster."""
        return 7.3 + 0.0085 * math.sqrt(self.width * self.height)

    @property
    def small(self) -> float:
        """The height of axis labels and notes."""
        return max(9.0, 0.84 * self.size)

    @property
    def backdrop(self) -> dict[str, Any]:
        """The box behind a label, which keeps it legible on top of lines."""
        return {"facecolor": self.palette.surface, "edgecolor": "none", "pad": 0.8, "alpha": 0.8}

    def panel(self, box: Box) -> Axes:
        """Add axes over `box` without frame or tick marks."""
        bottom = self.height - box.top - box.height
        axes = self.figure.add_axes((
            box.left / self.width, bottom / self.height,
            box.width / self.width, box.height / self.height,
        ))  # fmt: skip
        self.strip(axes)
        return axes

    def strip(self, axes: Axes) -> None:
        """Take frame and tick marks off `axes`, and set the size and colour of its labels."""
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0, labelsize=self.small, labelcolor=self.palette.muted)
        axes.tick_params("x", pad=0.62 * self.small)
        axes.tick_params("y", pad=4)
        axes.set_axisbelow(True)

    def write_fitting(
        self, x: float, y: float, room: float, texts: Sequence[str], **style: Any
    ) -> float:
        """Write the first of `texts` that is at most `room` wide; cut the last if none fits.

        The text starts at (x, y), on the baseline. Return its width.
        """
        look: dict[str, Any] = {"color": self.palette.text, "fontsize": self.size} | style
        cuts = (texts[-1][:end].rstrip() + "…" for end in range(len(texts[-1]) - 1, 0, -1))
        for text in (*texts, *cuts):
            written = self.figure.text(
                x / self.width, 1 - y / self.height, text, va="baseline", **look
            )
            width = self.extent(written).width
            if width <= room:
                return width
            written.remove()
        return 0.0

    def extent(self, artist: Text | Legend) -> Bbox:
        """Return the pixels that `artist` covers."""
        renderer = FigureCanvasAgg(self.figure).get_renderer()  # type: ignore[no-untyped-call]
        return artist.get_window_extent(renderer)

    def dollar_axis(self, axes: Axes, low: float, high: float) -> None:
        """Scale the y axis from `low` to `high` dollars; label and rule round values."""
        rows = max(2, min(5, int(axes.bbox.height / (2.4 * self.size))))
        ticks = dollar_ticks(low, high, rows)
        axes.set_ylim(low, high)
        axes.set_yticks([tick.at for tick in ticks], [tick.label for tick in ticks])
        axes.grid(axis="y", color=self.palette.grid, linewidth=1)
        axes.axhline(0, color=self.palette.axis, linewidth=1, zorder=2.5)

    def time_axis(self, axes: Axes, start: float, end: float) -> None:
        """Scale the x axis from `start` to `end` and label it in the reader's calendar."""
        axes.set_xlim(start, end)
        ticks = time_ticks(start, end, self.calendar, self.max_dates(axes))
        # Half of a label may reach 1.8 letters beyond the right edge.
        letters, second = 0.5 * LETTER * self.small, axes.bbox.width / (end - start)
        fitting = [
            t for t in ticks if (end - t.at) * second + 1.8 * self.small > letters * len(t.label)
        ]
        self.label_x(axes, fitting)

    def label_x(self, axes: Axes, ticks: Sequence[Tick]) -> None:
        """Label the x axis with as many of `ticks` as do not touch."""
        legible = apart(ticks, self.lettering(axes).letter)
        axes.set_xticks([tick.at for tick in legible], [tick.label for tick in legible])

    def max_dates(self, axes: Axes) -> int:
        """Return how many dates fit below `axes`."""
        return max(3, min(10, int(axes.bbox.width / (5.6 * self.small))))

    def shade(self, axes: Axes, start: float, end: float) -> None:
        """Shade a part of the x axis without data."""
        axes.axvspan(start, end, color=self.palette.haze, linewidth=0, zorder=0.5)

    def lettering(self, axes: Axes) -> Lettering:
        """Return the size of small letters in the units of `axes`."""
        (left, right), (low, top) = axes.get_xlim(), axes.get_ylim()
        letter = LETTER * self.small * (right - left) / axes.bbox.width
        return Lettering(letter, letter * 0.6, 1.4 * self.small * (top - low) / axes.bbox.height)

    def space(self, axes: Axes, text: Text) -> Space:
        """Return the rectangle that `text` covers, in the units of `axes`."""
        corners = axes.transData.inverted().transform(self.extent(text).get_points())
        (left, low), (right, high) = corners.tolist()
        return Space(left, right, low, high)

    def mark(self, axes: Axes, x: float, kind: str) -> None:
        """Draw the mark of an event on the lower edge at `x`."""
        edge = axes.get_xaxis_transform()
        axes.plot([x], [0], transform=edge, clip_on=False, zorder=5, **self.mark_style(kind))

    def mark_style(self, kind: str) -> dict[str, Any]:
        """Return the look of an event's mark."""
        colour = self.palette.credit if kind in CREDIT_KINDS else self.palette.text
        return {
            "color": colour, "marker": EVENT_SHAPES[kind], "linestyle": "none",
            "markersize": 0.5 * self.size, "markeredgecolor": self.palette.surface,
            "markeredgewidth": 0.6,
        }  # fmt: skip

    def write_no_data(self, axes: Axes) -> None:
        """Write "no data yet" in place of a chart."""
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_facecolor(self.palette.haze)
        note = axes.text(0.5, 0.5, "no data yet", ha="center", va="center")
        note.set(color=self.palette.muted, fontsize=self.small, transform=axes.transAxes)
