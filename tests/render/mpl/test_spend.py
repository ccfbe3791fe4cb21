import dataclasses
from typing import Any

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch

from tests.render import sample
from tests.render.mpl.reading import texts_of
from usage_tracker.render.chart_data.palette import LIGHT
from usage_tracker.render.chart_data.spend import bars
from usage_tracker.render.mpl import plot


def test_bars_too_thin_to_draw_alone_still_separate_estimates_from_measurements() -> None:
    report = sample.hourly()
    shapes: list[Any] = plot(report, "spend").axes[0].findobj(StepPatch)
    kinds = [bar.kind for bar in bars(report, report.accounts[0])]
    solid, faint, hatched = (
        int(np.isfinite(shape.get_data().values).sum()) for shape in by_looks(shapes)
    )
    assert solid == kinds.count("whole")
    assert faint == kinds.count("short")
    assert hatched == kinds.count("uncertain") > 0


def by_looks(shapes: list[Any]) -> list[Any]:
    """Those in the colour of spend, those that are paler, and those that are hatched."""
    looks = [(to_hex(shape.get_facecolor()), shape.get_hatch()) for shape in shapes]
    wanted = [(LIGHT.spend, None), (LIGHT.faint, None), (LIGHT.faint, "////")]
    return [shapes[looks.index(look)] for look in wanted]


def test_the_day_of_an_only_snapshot_has_an_unknown_spend_and_not_no_snapshots() -> None:
    (account,) = sample.first_hours().accounts
    only = dataclasses.replace(account.periods[-1], spend=None, usd=None)
    periods = (*account.periods[:-1], only)
    report = dataclasses.replace(
        sample.first_hours(), accounts=(dataclasses.replace(account, periods=periods),)
    )
    words = texts_of(plot(report, "spend"))
    assert "unknown" in words
    assert "no snapshots" not in words
