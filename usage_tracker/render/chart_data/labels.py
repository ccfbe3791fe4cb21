"""The amounts of top-ups beside a balance's line, and where they fit.

Either every top-up in view has a label or none has: labels only where there is room would
suggest that there were no other top-ups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from usage_tracker import formatting
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.line import Step


@dataclass(frozen=True, slots=True)
class Space:
    """A rectangle of a chart: UTC seconds across, dollars upwards."""

    left: float
    right: float
    low: float
    high: float

    def meets(self, other: "Space") -> bool:
        """Return whether both overlap."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.high <= other.low or other.high <= self.low)


@dataclass(frozen=True, slots=True)
class Lettering:
    """The size of labels: the width of a letter and of a gap in seconds, a row in dollars."""

    letter: float
    gap: float
    row: float


@dataclass(frozen=True, slots=True)
class Label:
    """The amount of a top-up, at a corner of the upper end (`at`, `usd`) of its step.

    It is `before` or after the step, `above` or below its upper end. The `space` depends on the
    size of the chart; two labels are equal at any size.
    """

    at: float
    usd: float
    text: str
    before: bool
    above: bool
    space: Space = field(compare=False)


def of_top_ups(
    chart: BurnDown, lettering: Lettering, top: float, taken: Sequence[Space] = ()
) -> tuple[Label, ...]:
    """Return a label for every top-up in view, or none if one does not fit.

    A label hides neither the line nor what is `taken`, and stays below `top` dollars.
    """
    placed: list[Label] = []
    for step in chart.line.steps:
        if step.kind != "top_up" or not chart.start <= step.at <= chart.present:
            continue
        full = [*taken, *(label.space for label in placed)]
        label = _label(chart, step, lettering, top, full)
        if label is None:
            return ()
        placed.append(label)
    return tuple(placed)


def _label(
    chart: BurnDown, step: Step, lettering: Lettering, top: float, full: Sequence[Space]
) -> Label | None:
    upper = chart.line.level_after(step)
    text = f"+{formatting.dollars(step.usd).removesuffix('.00')}"
    width = lettering.letter * len(text) + lettering.gap
    for before, above in ((True, False), (True, True), (False, True)):
        left, low = step.at - width * before, upper - lettering.row * (not above)
        space = Space(left, left + width, low, low + lettering.row)
        passed = chart.line.within(left, left + width)
        inside = chart.start <= left and space.right <= chart.end and space.high <= top
        clear = max([upper - step.usd, *passed]) <= low
        if clear and inside and not any(space.meets(other) for other in full):
            return Label(step.at, upper, text, before, above, space)
    return None
