"""Confirmation: which steps of the settled level are one step, and which are final.

A step is confirmed once every move of the level that could change it is decided.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

DUST = 500
"""A tenth of a cent: smaller steps are rounding, not credit."""


@dataclass(frozen=True, slots=True)
class Step:
    """A move of the level by `size` units after snapshot `after`, at the latest at snapshot `at`.

    It is `whole` if both levels recurred; otherwise it may grow in the hours after.
    In time watched: the level moved at `moved`, and the last move that may change the step
    comes at the latest at `open_until`.
    """

    after: int
    at: int
    size: int
    whole: bool
    moved: int
    open_until: int
    confirmed: bool = False


def confirmed(steps: Iterable[Step], decided: int) -> list[Step]:
    """Return the steps to report if all moves of the level up to `decided` are final.

    Two rises (or two falls) at the same snapshot are reported as one.
    """
    open_until: dict[int, int] = {}
    joined: dict[tuple[int, bool], Step] = {}
    for step in _apart(steps, open_until):
        if abs(step.size) > DUST:
            key = step.at, step.size > 0
            joined[key] = _joined(step, joined.get(key))
    return [replace(step, confirmed=open_until[step.at] <= decided) for step in joined.values()]


def _apart(steps: Iterable[Step], open_until: dict[int, int]) -> Iterator[Step]:
    """Yield the steps; move one a snapshot on if the steps there may already be confirmed.

    Fills `open_until` with the time at which all steps of a snapshot are final.
    """
    for found in steps:
        step = found
        while step.moved > open_until.get(step.at, step.moved):
            step = replace(step, after=step.at, at=step.at + 1)
        open_until[step.at] = max(step.open_until, open_until.get(step.at, 0))
        yield step


def _joined(one: Step, other: Step | None) -> Step:
    if other is None:
        return one
    return replace(one, after=min(one.after, other.after), size=one.size + other.size)
