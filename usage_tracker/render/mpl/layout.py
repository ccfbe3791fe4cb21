"""Rectangles on a figure, cut into rows and columns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; `top` counts downwards."""

    left: float
    top: float
    width: float
    height: float

    def rows(self, share: float, gap: float) -> tuple["Box", "Box"]:
        """Two boxes `gap` apart, the upper with `share` of the height."""
        upper = (self.height - gap) * share
        below = self.top + upper + gap
        return (
            Box(self.left, self.top, self.width, upper),
            Box(self.left, below, self.width, self.height - upper - gap),
        )

    def columns(self, share: float, gap: float) -> tuple["Box", "Box"]:
        """Two boxes `gap` apart, the left with `share` of the width."""
        first = (self.width - gap) * share
        beside = self.left + first + gap
        return (
            Box(self.left, self.top, first, self.height),
            Box(beside, self.top, self.width - first - gap, self.height),
        )

    def inset(self, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> "Box":
        """What is left within margins."""
        return Box(
            self.left + left,
            self.top + top,
            max(1.0, self.width - left - right),
            max(1.0, self.height - top - bottom),
        )

    def grid(self, n: int, columns: int, gap: float) -> tuple["Box", ...]:
        """`n` equal boxes `gap` apart, row by row."""
        rows = max(1, -(-n // columns))
        width = (self.width - gap * (columns - 1)) / columns
        height = (self.height - gap * (rows - 1)) / rows
        return tuple(
            Box(
                self.left + (width + gap) * (i % columns),
                self.top + (height + gap) * (i // columns),
                width,
                height,
            )
            for i in range(n)
        )
