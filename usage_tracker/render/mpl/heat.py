"""When money is spent: the mean of each hour of the week."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from usage_tracker import formatting
from usage_tracker.render.chart_data.week import DAYS, Week, highest, strength
from usage_tracker.render.mpl.canvas import Canvas


def draw(canvas: Canvas, axes: Axes, hours: Week) -> None:
    """Draw `hours` on bare `axes`."""
    if not hours:
        canvas.say_nothing(axes)
        return
    top, palette = highest(hours), canvas.palette
    cells = [[np.nan if usd is None else strength(usd, top) for usd in day] for day in hours]
    ramp = LinearSegmentedColormap.from_list("spend", palette.heat)
    axes.pcolormesh(
        np.arange(25), np.arange(8), np.ma.masked_invalid(cells), vmin=0, vmax=1,
        cmap=ramp.with_extremes(bad=palette.haze), edgecolors=palette.surface, linewidth=1.2,
    )  # fmt: skip
    axes.set_ylim(7, 0)
    axes.set_yticks(np.arange(7) + 0.5, DAYS)
    marks = range(0, 25, 6 if axes.bbox.width < 26 * canvas.small else 3)
    axes.set_xticks(list(marks), [f"{hour:02d}" for hour in marks])


def legend(hours: Week) -> str:
    """What the strongest colour stands for: `up to $1.20 an hour`."""
    return f"up to {formatting.dollars(highest(hours))} an hour" if hours else ""
