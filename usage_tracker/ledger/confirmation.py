"""The steps of the settled level: which of them are one, and which are confirmed.

A step is confirmed when each move of the level that could change it is decided.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

DUST = 500
"""A tenth of a cent: smaller steps are rounding, not credit."""


@dataclass(frozen=True, slots=True)
class Step:
    """The level moved by `size` units after snapshot `after`, at the latest at snapshot `at`.

    It was seen `whole` when both levels recurred; else it may grow in the hours after.
    In time watched: the level moved at `judged`, and the last move that may change the step
    comes at the latest at `open_until`.
    """

    after: int
    at: int
    size: int
    whole: bool
    judged: int
    open_until: int
    confirmed: bool = False


def confirmed(steps: Iterable[Step], decided: int) -> list[Step]:
    """The steps to report, if all moves of the level up to `decided` are final.

    Two rises (or falls) that show at the same snapshot are the one that was seen there.
    """
    open_until: dict[int, int] = {}
    joined: dict[tuple[int, bool], Step] = {}
    for step in _apart(steps, open_until):
        if abs(step.size) > DUST:
            key = step.at, step.size > 0
            joined[key] = _joined(step, joined.get(key))
    return [replace(step, confirmed=open_until[step.at] <= decided) for step in joined.values()]


def _apart(steps: Iterable[Step], open_until: dict[int, int]) -> Iterator[Step]:
    """The steps; one found where another may be confirmed already comes a snapshot later.

    `open_until` is filled with the time at which the steps of a snapshot are all final.
    """
    for found in steps:
        step = found
        while step.judged > open_until.get(step.at, step.judged):
            step = replace(step, after=step.at, at=step.at + 1)
        open_until[step.at] = max(step.open_until, open_until.get(step.at, 0))
        yield step


def _joined(one: Step, other: Step | None) -> Step:
    if other is None:
        return one
    return replace(one, after=min(one.after, other.after), size=one.size + other.size)
