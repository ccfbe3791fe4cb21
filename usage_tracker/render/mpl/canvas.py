"""A figure measured in pixels, and the few ways in which the charts write on it.

One point is one pixel at a figure's 72 dots per inch, so sizes hold alike for
PNG and SVG, whatever a file's resolution.
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
from usage_tracker.render.chart_data.marks import MONEY_IN, OUTLINES
from usage_tracker.render.chart_data.palette import Palette
from usage_tracker.render.chart_data.scales import Tick, apart, dollar_ticks, time_ticks
from usage_tracker.render.dates import Calendar
from usage_tracker.render.mpl.layout import Box

DPI = 72
# The width of a letter, of its height.
LETTER = 0.6
# Names are written in any script; these are the fonts that machines have for the ones DejaVu lacks.
_ELSEWHERE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "WenQuanYi Micro Hei", "SimHei", "Noto Sans",
)  # fmt: skip


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's own defaults but for ours, whatever the user's matplotlibrc says."""
    style: dict[Any, Any] = {
        name: value for name, value in mpl.rcParamsDefault.items() if "backend" not in name
    }
    style |= {
        "font.family": ["DejaVu Sans", *_installed()],
        "text.parse_math": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "usage-tracker",
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        # A letter for which the machine has no font is a box in a PNG and itself in an SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _installed() -> list[str]:
    have = set(font_manager.get_font_names())
    return [name for name in _ELSEWHERE if name in have]


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
        """The text's height: 10 px on a thumbnail, 18 on a poster."""
        return 7.3 + 0.0085 * math.sqrt(self.width * self.height)

    @property
    def small(self) -> float:
        """The height of axis labels and notes."""
        return max(9.0, 0.84 * self.size)

    @property
    def ground(self) -> dict[str, Any]:
        """What lies under a label, so that it can be read where lines pass."""
        return {"facecolor": self.palette.surface, "edgecolor": "none", "pad": 0.8, "alpha": 0.8}

    def panel(self, box: Box) -> Axes:
        """Empty axes over `box`, bare but for their ground."""
        bottom = self.height - box.top - box.height
        axes = self.figure.add_axes((
            box.left / self.width, bottom / self.height,
            box.width / self.width, box.height / self.height,
        ))  # fmt: skip
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0, labelsize=self.small, labelcolor=self.palette.muted)
        axes.tick_params("x", pad=0.62 * self.small)
        axes.tick_params("y", pad=4)
        axes.set_axisbelow(True)
        return axes

    def write(self, x: float, y: float, text: str, **look: Any) -> Text:
        """`text` with its baseline's left end at (x, y)."""
        written = self.figure.text(x / self.width, 1 - y / self.height, text, va="baseline")
        written.set(**{"color": self.palette.ink, "fontsize": self.size} | look)
        return written

    def write_fitting(
        self, x: float, y: float, room: float, texts: Sequence[str], **look: Any
    ) -> float:
        """Write the first of `texts` that is at most `room` wide, or as much of the last as is.

        The width that this takes.
        """
        cuts = (texts[-1][:end].rstrip() + "…" for end in range(len(texts[-1]) - 1, 0, -1))
        for text in (*texts, *cuts):
            written = self.write(x, y, text, **look)
            width = self.extent(written)[0]
            if width <= room:
                return width
            written.remove()
        return 0.0

    def extent(self, text: Text | Legend) -> tuple[float, float]:
        """The width and height of what was written, in pixels."""
        box = self._window(text)
        return box.width, box.height

    def _window(self, text: Text | Legend) -> Bbox:
        renderer = FigureCanvasAgg(self.figure).get_renderer()  # type: ignore[no-untyped-call]
        return text.get_window_extent(renderer)

    def dollars(self, axes: Axes, low: float, high: float) -> None:
        """The dollar axis from `low` to `high`: grid lines and labels at round values."""
        rows = max(2, min(5, int(axes.bbox.height / (2.4 * self.size))))
        ticks = dollar_ticks(low, high, rows)
        axes.set_ylim(low, high)
        axes.set_yticks([tick.at for tick in ticks], [tick.label for tick in ticks])
        axes.grid(axis="y", color=self.palette.grid, linewidth=1)
        axes.axhline(0, color=self.palette.axis, linewidth=1, zorder=2.5)

    def moments(self, axes: Axes, start: float, end: float) -> None:
        """The time axis from `start` to `end`, labelled in the reader's calendar."""
        axes.set_xlim(start, end)
        ticks = time_ticks(start, end, self.calendar, self.labels_along(axes))
        self.name(axes, [t for t in ticks if self._reaches(axes, (end - t.at) / (end - start), t)])

    def name(self, axes: Axes, ticks: Sequence[Tick]) -> None:
        """Write the labels of `ticks` below, as many as can be told apart."""
        legible = apart(ticks, self.lettering(axes).letter)
        axes.set_xticks([tick.at for tick in legible], [tick.label for tick in legible])

    def _reaches(self, axes: Axes, share: float, tick: Tick) -> bool:
        """Whether a label has room that is centred at a `share` of the width from the right."""
        return share * axes.bbox.width + 1.8 * self.small > LETTER / 2 * self.small * len(
            tick.label
        )

    def labels_along(self, axes: Axes) -> int:
        """How many dates there is room for below `axes`."""
        return max(3, min(10, int(axes.bbox.width / (5.6 * self.small))))

    def shade(self, axes: Axes, start: float, end: float) -> None:
        """Mark a stretch of the x axis of which nothing is known."""
        axes.axvspan(start, end, color=self.palette.haze, linewidth=0, zorder=0.5)

    def lettering(self, axes: Axes) -> Lettering:
        """How large the small letters are, as `axes` measure."""
        (left, right), (low, top) = axes.get_xlim(), axes.get_ylim()
        letter = LETTER * self.small * (right - left) / axes.bbox.width
        return Lettering(letter, letter * 0.6, 1.4 * self.small * (top - low) / axes.bbox.height)

    def space(self, axes: Axes, text: Text) -> Space:
        """What `text` covers, as `axes` measure."""
        corners = axes.transData.inverted().transform(self._window(text).get_points())
        (left, low), (right, high) = corners.tolist()
        return Space(left, right, low, high)

    def mark(self, axes: Axes, place: float, kind: str) -> None:
        """Mark what happened at `place`, on the lower edge."""
        edge: dict[str, Any] = {
            "transform": axes.get_xaxis_transform(),
            "clip_on": False,
            "zorder": 5,
        }
        axes.plot([place], [0], **edge, **self.mark_of(kind))

    def mark_of(self, kind: str) -> dict[str, Any]:
        """How an event of this kind is marked."""
        colour = self.palette.credit if kind in MONEY_IN else self.palette.ink
        return {
            "color": colour, "marker": OUTLINES[kind], "linestyle": "none",
            "markersize": 0.5 * self.size, "markeredgecolor": self.palette.surface,
            "markeredgewidth": 0.6,
        }  # fmt: skip

    def say_nothing(self, axes: Axes) -> None:
        """The place of a chart for which there are no data."""
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_facecolor(self.palette.haze)
        note = axes.text(0.5, 0.5, "no data yet", ha="center", va="center")
        note.set(color=self.palette.muted, fontsize=self.small, transform=axes.transAxes)
