"""Values as an area of characters, above and below a line at nothing.

What was is drawn in fractions of a cell; what is to come in three shades: the balance
that is nearly sure, likely, and possible.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from usage_tracker.render.terminal.charset import Ink

_ROUND = (1.0, 2.0, 2.5, 5.0)
_FEWEST, _MOST = 2, 4
_LEAST, _EVEN = 1e-6, 1e-9

Fan = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ruler:
    """`above` rows over nothing and `below` rows under it; `every` so many a mark of dollars."""

    above: int
    below: int
    mark: float
    every: int = 1

    @classmethod
    def over(cls, values: Sequence[float], rows: int) -> "Ruler":
        """The ruler on which all of `values` find room, with about so many rows.

        Its marks are round numbers, and of these the ones that leave the least room empty.
        """
        top, bottom = max([0.0, *values]), max([0.0, *(-value for value in values)])
        if max(top, bottom) < _LEAST:
            return cls(rows, 0, 1.0, rows)
        found = []
        for mark in _round_numbers(max(top, bottom)):
            up, down = (_marks(size, mark) for size in (top, bottom))
            if _FEWEST <= up + down <= _MOST:
                found.append((mark * (up + down), up + down, mark, up, down))
        _, _, mark, up, down = min(found)
        every = (rows + 1) // (up + down)
        return cls(up * every, down * every, mark, every)

    @property
    def step(self) -> float:
        """The dollars of a row."""
        return self.mark / self.every

    def floors(self) -> list[float]:
        """The value at the foot of each row, from the top."""
        return [row * self.step for row in range(self.above - 1, -self.below - 1, -1)]

    def labels(self) -> dict[int, float]:
        """The marks, by the row they are the top of; the last row is the axis."""
        rows = range(0, self.above + self.below + 1, self.every)
        return {row: (self.above - row) // self.every * self.mark for row in rows}

    def is_in(self, value: float, floor: float) -> bool:
        """Whether `value` lies in the row at `floor`."""
        rows = math.floor(value / self.step)
        return min(max(rows, -self.below), self.above - 1) == round(floor / self.step)


def _round_numbers(size: float) -> list[float]:
    """The round numbers around `size` (> 0)."""
    power = math.floor(math.log10(size))
    return [digits * 10.0**near for near in (power - 1, power, power + 1) for digits in _ROUND]


def _marks(size: float, mark: float) -> int:
    return 0 if size == 0 else max(math.ceil(size / mark - _EVEN), 1)


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
