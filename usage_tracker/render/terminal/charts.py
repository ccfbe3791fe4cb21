"""Values as characters: areas over time, bars and sparklines."""

import bisect
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from usage_tracker.render.terminal.charset import Charset

# Round numbers for the marks of a scale, and how many marks it has.
_ROUND = (1.0, 2.0, 2.5, 5.0)
_FEWEST_MARKS, _MOST_MARKS = 2, 4
_ZERO, _ROUNDING = 1e-6, 1e-9

# The low, median and high balance.
Fan = tuple[float, float, float]
# A value at a time in Unix seconds; None if it is unknown from then on.
Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """`above` rows over zero and `below` rows under it, with a mark of dollars `every` rows."""

    above: int
    below: int
    mark: float
    every: int = 1

    @classmethod
    def of(cls, values: Sequence[float], rows: int) -> "Scale":
        """Return the scale with about `rows` rows that holds all `values`.

        Its marks are the round numbers that leave the least room empty.
        """
        top, bottom = max([0.0, *values]), max([0.0, *(-value for value in values)])
        if max(top, bottom) < _ZERO:
            return cls(rows, 0, 1.0, rows)
        candidates = []
        for mark in _round_numbers(max(top, bottom)):
            up, down = (
                0 if size == 0 else max(math.ceil(size / mark - _ROUNDING), 1)
                for size in (top, bottom)
            )
            if _FEWEST_MARKS <= up + down <= _MOST_MARKS:
                candidates.append((mark * (up + down), up + down, mark, up, down))
        _, marks, mark, up, down = min(candidates)
        every = (rows + 1) // marks
        return cls(up * every, down * every, mark, every)

    @property
    def step(self) -> float:
        """The dollars of a row."""
        return self.mark / self.every

    def floors(self) -> list[float]:
        """Return the value at the bottom of each row, from the top."""
        return [row * self.step for row in range(self.above - 1, -self.below - 1, -1)]

    def labels(self) -> dict[int, float]:
        """Return the marks by the row they are the top of; the last row is the axis."""
        rows = range(0, self.above + self.below + 1, self.every)
        return {row: (self.above - row) // self.every * self.mark for row in rows}

    def is_in(self, value: float, floor: float) -> bool:
        """Return whether `value` lies in the row at `floor`."""
        rows = math.floor(value / self.step)
        return min(max(rows, -self.below), self.above - 1) == round(floor / self.step)


def _round_numbers(size: float) -> list[float]:
    power = math.floor(math.log10(size))
    return [digits * 10.0**near for near in (power - 1, power, power + 1) for digits in _ROUND]


def filled(value: float, floor: float, scale: Scale, charset: Charset) -> str:
    """Return the character of the row at `floor` in the column of a known `value`."""
    if floor >= 0:
        share, levels = (value - floor) / scale.step, charset.rising
    else:
        share, levels = (floor + scale.step - value) / scale.step, charset.hanging
    step = round(min(share, 1.0) * len(levels))
    return levels[step - 1] if step > 0 else " "


def shaded(fan: Fan, floor: float, scale: Scale, charset: Charset) -> str:
    """Return the character of the row at `floor` in the column of an expected balance."""
    middle = floor + scale.step / 2
    if floor < 0:
        return " "
    shades = (shade for bound, shade in zip(fan, charset.fan, strict=True) if middle <= bound)
    return next(shades, " ")


def bar(share: float, width: int, charset: Charset) -> str:
    """Return a bar of `share` (0 to 1) of `width` cells; above zero it is never empty."""
    levels = len(charset.bar)
    steps = round(min(max(share, 0.0), 1.0) * width * levels)
    if share > 0:
        steps = max(steps, 1)
    whole, rest = divmod(steps, levels)
    return charset.bar[-1] * whole + (charset.bar[rest - 1] if rest else "")


def estimated_bar(share: float, width: int, charset: Charset) -> str:
    """Return a paler bar in whole cells, for an estimate."""
    return charset.estimated * (max(round(min(share, 1.0) * width), 1) if share > 0 else 0)


def sparkline(values: Sequence[float | None], charset: Charset) -> str:
    """Return one character a value: the lowest level for zero only, a space for unknown."""
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(_spark(value, top, charset.spark) for value in values)


def _spark(value: float | None, top: float, levels: str) -> str:
    if value is None:
        return " "
    if value <= 0:
        return levels[0]
    return levels[max(round(value / top * (len(levels) - 1)), 1)]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`columns` of equal length over [start, end), in Unix seconds."""

    start: float
    end: float
    columns: int

    def edge(self, column: int) -> float:
        """Return the time at which a column begins."""
        return self.start + column * (self.end - self.start) / self.columns

    def column(self, at: dt.datetime) -> int:
        """Return the column of a time; outside the timeline the numbers go on."""
        return math.floor((at.timestamp() - self.start) / (self.end - self.start) * self.columns)

    def sample(self, points: Sequence[Point]) -> list[float | None]:
        """Return the value in the middle of each column, or of the part that `points` reach."""
        return [self._value(column, points) for column in range(self.columns)]

    def covered(self, spans: Sequence[tuple[float, float]]) -> list[bool]:
        """Return for each column whether at least half lies in the (disjoint) `spans`."""
        length = (self.end - self.start) / self.columns
        return [
            sum(max(min(end, at + length) - max(start, at), 0.0) for start, end in spans)
            >= length / 2
            for at in map(self.edge, range(self.columns))
        ]

    def _value(self, column: int, points: Sequence[Point]) -> float | None:
        if not points:
            return None
        first = max(self.edge(column), points[0][0])
        last = min(self.edge(column + 1), points[-1][0])
        return None if first > last else _interpolated(points, (first + last) / 2)


def _interpolated(points: Sequence[Point], at: float) -> float | None:
    after = bisect.bisect_right(points, at, key=lambda point: point[0])
    if after == len(points):
        return points[-1][1]
    (start, left), (end, right) = points[after - 1], points[after]
    if left is None or right is None or end == start:
        return left if at == start else None
    return left + (right - left) * (at - start) / (end - start)
