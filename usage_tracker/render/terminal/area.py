"""Values as an area of characters, above and below a line at nothing.

What was is drawn in fractions of a cell; what is to come in three shades: the balance
that is nearly sure, likely, and possible.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from usage_tracker.render.terminal.ink import Ink

_NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

Fan = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ruler:
    """`above` rows over nothing and `below` rows under it, each of `step` dollars."""

    above: int
    below: int
    step: float

    @classmethod
    def over(cls, values: Sequence[float], rows: int) -> "Ruler":
        """The ruler on which all of `values` find room."""
        top, bottom = max([0.0, *values]), max([0.0, *(-value for value in values)])
        if top == bottom == 0:
            return cls(rows, 0, 1.0)
        below = min(max(round(rows * bottom / (top + bottom)), bottom > 0), rows - (top > 0))
        above = rows - below
        steps = (nice(size) / count for size, count in ((top, above), (bottom, below)) if count)
        return cls(above, below, max(steps))

    def floors(self) -> list[float]:
        """The value at the foot of each row, from the top."""
        return [row * self.step for row in range(self.above - 1, -self.below - 1, -1)]

    def is_in(self, value: float, floor: float) -> bool:
        """Whether `value` lies in the row at `floor`."""
        rows = math.floor(value / self.step)
        return min(max(rows, -self.below), self.above - 1) == round(floor / self.step)

    def labels(self) -> dict[int, float]:
        """The values worth a label, by the row they are the top of; the last row is the axis."""
        labels = {0: self.above * self.step, self.above: 0.0}
        if self.below:
            labels[self.above + self.below] = -self.below * self.step
        if self.above % 2 == 0:
            labels[self.above // 2] = self.above // 2 * self.step
        return labels


def nice(size: float) -> float:
    """The least round number that is not below `size` (>= 0)."""
    if size <= 0:
        return 0.0
    power = 1e-6
    while power * 10 < size:
        power *= 10
    return next((power * step for step in _NICE if power * step >= size), power * 10)


def filled(value: float, floor: float, ruler: Ruler, ink: Ink) -> str:
    """The character of the row at `floor` in the column of a known `value`."""
    if floor >= 0:
        return _level((value - floor) / ruler.step, ink.rising)
    return _level((floor + ruler.step - value) / ruler.step, ink.hanging)


def shaded(fan: Fan, floor: float, ruler: Ruler, ink: Ink) -> str:
    """The character of the row at `floor` in the column of an expected balance."""
    middle = floor + ruler.step / 2
    if floor < 0:
        return " "
    shades = (shade for bound, shade in zip(fan, ink.fan, strict=True) if middle <= bound)
    return next(shades, " ")


def _level(share: float, levels: str) -> str:
    step = round(min(share, 1.0) * len(levels))
    return levels[step - 1] if step > 0 else " "
