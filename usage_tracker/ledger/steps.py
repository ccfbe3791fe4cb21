"""The course of the settled level: where it stepped, and stayed.

A step is the whole rise or fall between two rests. "Usual" is what the days before it
showed; nothing later than the hours after it is asked.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.confirmation import DUST, Step, confirmed
from usage_tracker.ledger.level import HOURS, LONG, Level, passed
from usage_tracker.times import HOUR

NICKEL = 25_000
"""Five cents: smaller steps between levels that did not recur are not told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the level stands from snapshot `since` on, and whether it was seen to recur."""

    since: int
    height: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How the settled level went: its steps in order of time, and all its standings.

    `settled` is the last snapshot up to which nothing later can change either, if there is one.
    """

    steps: list[Step]
    standings: list[Standing]
    settled: int | None

    def standing_at(self, i: int) -> Standing:
        """Where the level stood at snapshot `i`, from the first standing on."""
        return next(standing for standing in reversed(self.standings) if standing.since <= i)


def follow(
    total: Int64s,
    level: Level,
    blurred: dict[int, int],
    start: Standing | None = None,
    *,
    provisional: bool = False,
) -> Course:
    """Where the settled level of `total` (S) moved, and stayed moved.

    `blurred` maps a snapshot at which S itself is only estimated (a counter was reset)
    to how far off it may be. With a `start` that an earlier course gave, what led to it is
    not judged again. S is `provisional` if its last value may still be judged otherwise.
    """
    walk = _Walk(total, level, blurred, start)
    walk.go()
    decided = walk.decided - 1 if provisional else walk.decided
    steps = confirmed([*walk.steps, *walk.pending()], decided)
    return Course(steps, walk.standings, walk.settled())


class _Walk:
    """One pass over the moments at which the level moves."""

    def __init__(
        self, total: Int64s, level: Level, blurred: dict[int, int], start: Standing | None
    ) -> None:
        self.total, self.level, self.clock = total, level, level.clock
        self.blurred = blurred
        self.resumed = start is not None
        self.long_known = passed(self.clock, LONG)
        self.decided = int(self.clock[-1]) - HOURS
        self.first = int(np.searchsorted(self.clock, HOURS, side="right"))
        self.here = start or Standing(0, int(level.value[0]), bool(level.exact[0]))
        self.standings = [self.here]
        self.steps: list[Step] = []
        self.last: Step | None = None
        self.unsure: list[tuple[int, int]] = []

    def go(self) -> None:
        """Judge every move of the level after the start, in order of time."""
        moves = (np.diff(self.level.value) != 0) | np.diff(self.level.exact)
        later = np.flatnonzero(moves[self.here.since :]) + self.here.since + 1
        for i in later.tolist():
            self._judge(i, int(self.level.value[i]) - self.here.height)
        self._tell_last()

    def pending(self) -> list[Step]:
        """A rise seen so lately that its level has not recurred yet."""
        tolerance = max(int(self.level.dips[-1]), DUST)
        if int(self.total[-1]) - self.here.height <= tolerance:
            return []
        after = _last(self.total <= self.here.height + tolerance) or 0
        size = int(self.total[after + 1 :].max()) - self.here.height
        now = int(self.clock[-1])
        return [Step(after, after + 1, size, whole=False, judged=now, open_until=now)]

    def settled(self) -> int | None:
        """The last snapshot after which all that is still open begins."""
        i = passed(self.clock, 2 * LONG) - 1
        for after, move in reversed(self.unsure):
            if after <= i and self.clock[i] - self.clock[move] <= LONG:
                i = after - 1
        return i if i > (self.standings[0].since if self.resumed else self.first) else None

    def _judge(self, i: int, size: int) -> None:
        if self._belongs_to_last(i, size):
            self._stand(i)
            if self.last is not None:
                self.last = replace(self.last, size=self.last.size + size)
                self.unsure.append((min(self.last.after, i), i))
        elif self._is_step(i, size):
            self._tell_last()
            *before, self.last = self._split(self._step(i, size))
            self.steps += before
            first = before[0] if before else self.last
            self.unsure.append((min(first.after, i), i))
            self._stand(i)
        elif abs(size) <= max(DUST, self._blur(i)) or (self.level.exact[i] and not self.here.exact):
            self._stand(i)
        elif self._may_stay(i, size):
            self.decided = min(self.decided, int(self.clock[i]) - 1)

    def _tell_last(self) -> None:
        if self.last is not None:
            self.steps.append(self.last)

    def _stand(self, i: int) -> None:
        self.here = Standing(i, int(self.level.value[i]), bool(self.level.exact[i]))
        self.standings.append(self.here)

    def _belongs_to_last(self, i: int, size: int) -> bool:
        """Between two rests a step is seen in part: small changes of the hours after are its rest.

        The same holds for the first hours of a history, which may begin in a dip.
        """
        if self.here.exact and self.level.exact[i]:
            return False
        if self.last is None:
            return (
                not self.resumed and 0 < size <= self.level.dips[self.first - 1] and i <= self.first
            )
        if self.last.whole:
            return False
        since = int(self.clock[i] - self.clock[self.last.at])
        return since <= HOURS and abs(size) <= self.level.dips[i - 1]

    def _is_step(self, i: int, size: int) -> bool:
        certain = self.here.exact and bool(self.level.exact[i])
        if abs(size) <= max(DUST if certain else NICKEL, self._blur(i)):
            return False
        if abs(size) > self.level.dips[i - 1]:
            return size > 0 or (i < self.level.known and (certain or self._is_deep(i, size)))
        return certain and (size > 0 or (bool(self.level.stays[i]) and i < self.long_known))

    def _may_stay(self, i: int, size: int) -> bool:
        """Whether a fall no deeper than the usual dips has stayed, but not yet for long."""
        certain = self.here.exact and bool(self.level.exact[i])
        return certain and size < 0 and bool(self.level.stays[i]) and i >= self.long_known

    def _is_deep(self, i: int, size: int) -> bool:
        """Whether a fall is deeper than what was in flight below its new level in the hours after.

        An account that has just become busy has no usual dips to be measured by.
        """
        return -size > int(self.level.value[i] - self.total[i : self._search_to(i)].min())

    def _blur(self, i: int) -> int:
        near = (b for at, b in self.blurred.items() if abs(self.clock[at] - self.clock[i]) <= HOURS)
        return max(near, default=0)

    def _step(self, i: int, size: int) -> Step:
        after, at = self._rise(i, size) if size > 0 else self._fall(i, size)
        whole = self.here.exact and bool(self.level.exact[i])
        seen_whole = whole and (size < 0 or int(self.total[at]) <= self.here.height + size)
        open_until = int(self.clock[i])
        if not seen_whole:
            open_until = max(open_until, int(self.clock[at]) + HOURS)
        if i <= self.first and not self.resumed:  # judged by the dips of the first hours
            open_until = max(open_until, HOURS)
        return Step(after, at, size, whole, int(self.clock[i]), open_until)

    def _split(self, step: Step) -> list[Step]:
        """A fall and a rise that hides it from the closing, if the account rested in between."""
        seen = self.total[step.after + 1 : step.at]
        if not len(seen):
            return [step]
        low = int(seen.max())
        fall, rise = low - self.here.height, self.here.height + step.size - low
        rests = step.after + 1 + np.flatnonzero(seen == low)
        if fall >= -DUST or rise <= DUST or self.clock[rests[-1]] - self.clock[rests[0]] < HOUR:
            return [step]
        first, last = int(rests[0]), int(rests[-1])
        return [
            replace(step, at=first, size=fall),
            replace(step, after=last, size=rise),
        ]

    def _rise(self, i: int, size: int) -> tuple[int, int]:
        """Between the last rest at the old level and the first sight of the new one.

        After a fall the closing rises some hours early; then the sight is still to come.
        """
        start, end = self._search_from(i - 1, HOURS), self._search_to(i)
        old, middle = self.here.height, self.here.height + size // 2
        rest = _last(self.total[start:i] == old)
        if rest is None:
            rest = _last(self.total[start:i] <= middle) or 0
        above = np.flatnonzero(self.total[start + rest + 1 : end] > middle)
        at = start + rest + 1 + (int(above[0]) if len(above) else 0)
        after = _last(self.total[start:at] == old)
        return start + (rest if after is None else after), at

    def _fall(self, i: int, size: int) -> tuple[int, int]:
        """Between the last sight of the old level and the first rest at the new one."""
        start = self._search_from(i, LONG)
        rests = np.flatnonzero(self.total[i : self._search_to(i)] == self.here.height + size)
        at = i + (int(rests[0]) if len(rests) else 0)
        after = start + (_last(self.total[start:at] > self.here.height + size // 2) or 0)
        return after, (after + 1 if -size > 2 * self.level.dips[i - 1] else at)

    def _search_from(self, i: int, span: int) -> int:
        return max(min(int(np.searchsorted(self.clock, self.clock[i] - span)), i - 1), 0)

    def _search_to(self, i: int) -> int:
        return int(np.searchsorted(self.clock, self.clock[i] + HOURS, side="right"))


def _last(mask: npt.NDArray[np.bool_]) -> int | None:
    at = np.flatnonzero(mask)
    return int(at[-1]) if len(at) else None
