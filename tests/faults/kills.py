"""When to kill, and what those who were killed had told before."""

import random
import re

from tests.faults.warm import Ending

AT_ONCE = 3
"""Runs that are under way together, and are killed each at its own moment."""

_REPORTED = re.compile(r"left, \$([\d,]+)(?:\.00)? used$", re.MULTILINE)


class Aim:
    """When to kill: at any moment of a run, whose length is learnt from those that got away."""

    def __init__(self, seed: int, length: float) -> None:
        self._chance = random.Random(seed)
        self._length = length

    def moments(self) -> list[float]:
        return [self._chance.uniform(0, self._length) for _ in range(AT_ONCE)]

    def count(self, endings: list[Ending]) -> int:
        """The runs that were killed; about one in six is to get away."""
        for ending in endings:
            self._length *= 1.08 if ending.was_killed else 0.7
        return killed(endings)


def killed(endings: list[Ending]) -> int:
    return sum(ending.was_killed for ending in endings)


def reported(endings: list[Ending]) -> list[int]:
    """The spent units of the snapshots that were said to be stored."""
    told = [_REPORTED.findall(ending.out) for ending in endings]
    return [int(number.replace(",", "")) for numbers in told for number in numbers]
