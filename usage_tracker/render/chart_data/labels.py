"""What is written beside a balance's line: what each top-up brought, and where that fits.

Of the top-ups in view either all are labelled or none is: a few amounts picked by the room
around them would look like the only ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from usage_tracker import formatting
from usage_tracker.render.chart_data.balance import BurnDown
from usage_tracker.render.chart_data.line import Step


@dataclass(frozen=True, slots=True)
class Space:
    """A rectangle of a picture: UTC seconds across, dollars upwards."""

    left: float
    right: float
    low: float
    high: float

    def meets(self, other: "Space") -> bool:
        """Whether both cover some of the same place."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.high <= other.low or other.high <= self.low)


@dataclass(frozen=True, slots=True)
class Lettering:
    """How large labels are: a letter, and the gap beside it, in seconds; a row in dollars."""

    letter: float
    gap: float
    row: float


@dataclass(frozen=True, slots=True)
class Label:
    """The amount of a top-up, at a corner of its step's head of `usd` dollars.

    It stands `before` the step or after it, `above` the head or below it; in a larger or
    smaller picture it covers another `space`, and is the same label.
    """

    at: float
    usd: float
    text: str
    before: bool
    above: bool
    space: Space = field(compare=False)


def of_top_ups(
    picture: BurnDown, lettering: Lettering, top: float, taken: Sequence[Space] = ()
) -> tuple[Label, ...]:
    """A label for every top-up in view, or none at all if one has no room.

    A label hides neither the line nor what is `taken`, nor does it rise above `top` dollars.
    """
    placed: list[Label] = []
    for step in picture.line.steps:
        if step.kind != "top_up" or not picture.start <= step.at <= picture.present:
            continue
        full = [*taken, *(label.space for label in placed)]
        label = _beside(picture, step, lettering, top, full)
        if label is None:
            return ()
        placed.append(label)
    return tuple(placed)


def _beside(
    picture: BurnDown, step: Step, lettering: Lettering, top: float, full: Sequence[Space]
) -> Label | None:
    head, foot = picture.line.level_after(step), picture.line.level_after(step) - step.usd
    text = f"+{formatting.dollars(step.usd).removesuffix('.00')}"
    width = lettering.letter * len(text) + lettering.gap
    for before, above in ((True, False), (True, True), (False, True)):
        left, low = step.at - width * before, head - lettering.row * (not above)
        space = Space(left, left + width, low, low + lettering.row)
        passing = picture.line.within(left, left + width)
        clear = max([foot, *passing]) <= low
        if clear and _is_free(space, picture, top, full):
            return Label(step.at, head, text, before, above, space)
    return None


def _is_free(space: Space, picture: BurnDown, top: float, full: Sequence[Space]) -> bool:
    inside = picture.start <= space.left and space.right <= picture.end and space.high <= top
    return inside and not any(space.meets(other) for other in full)
