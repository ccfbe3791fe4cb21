"""Steps of the settled level: moves that lasted.

A step is the whole rise or fall between two values at rest. "Usual" is defined by the days
before it; only the hours after it are used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger.arrays import Int64s
from usage_tracker.ledger.confirmation import DUST, Step, confirmed
from usage_tracker.ledger.level import HOURS, LONG, SPELL, Level, count_passed
from usage_tracker.times import HOUR

BEGUN_OPEN = 500_000
"""The most, one dollar, that a history begun amid work is assumed to have had in flight."""

NEVER = 2**62
"""The end of the time in which a step may change that is never confirmed."""

NICKEL = 25_000
"""Five cents: smaller steps between levels that did not recur are ignored."""


@dataclass(frozen=True, slots=True)
class LevelState:
    """The `value` of the level from snapshot `since` on; `exact` if it recurred."""

    since: int
    value: int
    exact: bool


@dataclass(frozen=True, slots=True)
class StepDetection:
    """The steps of the settled level and its `states`, both in order of time.

    Later snapshots change neither up to snapshot `final`; None if there is no such snapshot.
    """

    steps: list[Step]
    states: list[LevelState]
    final: int | None

    def state_at(self, i: int) -> LevelState:
        """Return the state of the level at snapshot `i`."""
        return next(state for state in reversed(self.states) if state.since <= i)


def detect_steps(
    total: Int64s,
    quota: Int64s,
    level: Level,
    uncertain: dict[int, int],
    start: LevelState | None = None,
    open_since: int | None = None,
    spans: Sequence[tuple[int, int]] = (),
) -> StepDetection:
    """Detect where the settled `level` of `total` (S) moved and stayed; `quota` is the balance.

    `uncertain` maps each snapshot at which S is only estimated (a counter was reset) to the
    largest error. With a `start` from an earlier detection, moves before it are not examined
    again. Later snapshots may change S from snapshot `open_since` on. No snapshot inside of
    one of the `spans` (first, last) is final.
    """
    detector = _Detector(total, quota, level, uncertain, start)
    if open_since is not None and open_since < len(total):
        detector.limit(open_since)
    detector.run()
    steps = confirmed([*detector.steps, *detector.pending()], detector.decided)
    return StepDetection(steps, detector.states, detector.final(spans))


class _Detector:
    """One pass over the snapshots at which the level moves."""

    def __init__(
        self,
        total: Int64s,
        quota: Int64s,
        level: Level,
        uncertain: dict[int, int],
        start: LevelState | None,
    ) -> None:
        self.total, self.quota, self.level, self.clock = total, quota, level, level.clock
        self.uncertain = uncertain
        self.resumed = start is not None
        self.long_known = count_passed(self.clock, LONG)
        self.decided = int(self.clock[-1]) - HOURS
        self.first = int(np.searchsorted(self.clock, HOURS, side="right"))
        self.state = start or LevelState(0, int(level.value[0]), bool(level.exact[0]))
        self.states = [self.state]
        self.steps: list[Step] = []
        self.last: Step | None = None
        self.open_moves: list[tuple[int, int]] = []

    def limit(self, open_since: int) -> None:
        """Treat nothing as final that snapshot `open_since` or a later one could change."""
        known = int(self.clock[open_since]) - 1
        self.decided = min(self.decided, known - HOURS)
        passed = int(np.searchsorted(self.clock, known - LONG, side="right"))
        self.long_known = min(self.long_known, passed)

    def run(self) -> None:
        """Examine every move of the level after the start, in order of time."""
        moves = (np.diff(self.level.value) != 0) | np.diff(self.level.exact)
        later = np.flatnonzero(moves[self.state.since :]) + self.state.since + 1
        for i in later.tolist():
            self._examine(i, int(self.level.value[i]) - self.state.value)
        self._add_last()

    def pending(self) -> list[Step]:
        """Return a rise of the balance so recent that its level has not recurred yet."""
        tolerance = max(int(self.level.dips[-1]), DUST)
        if int(self.total[-1]) - self.state.value <= tolerance:
            return []
        after = _last(self.total <= self.state.value + tolerance) or 0
        size = int(self.total[after + 1 :].max()) - self.state.value
        has_risen = bool((self.quota[after + 1 :] > self.quota[after:-1]).any())
        if not has_risen or self._was_open(len(self.total) - 1, size):
            return []
        now = int(self.clock[-1])
        return [Step(after, after + 1, size, whole=False, moved=now, open_until=now)]

    def final(self, spans: Sequence[tuple[int, int]]) -> int | None:
        """Return the last snapshot before all steps that may still change."""
        i = count_passed(self.clock, 2 * LONG) - 1
        while True:
            moves = [
                after - 1
                for after, move in self.open_moves
                if after <= i and self.clock[i] - self.clock[move] <= LONG
            ]
            lower = min([i, *moves, *(first for first, last in spans if first < i < last)])
            if lower == i:
                break
            i = lower
        return i if i > (self.states[0].since if self.resumed else self.first) else None

    def _examine(self, i: int, size: int) -> None:
        if self._was_open(i, size):
            self._set_state(i)
        elif self._belongs_to_last(i, size):
            self._set_state(i)
            if self.last is not None:
                self.last = replace(self.last, size=self.last.size + size)
                self.open_moves.append((min(self.last.after, i), i))
        elif self._is_step(i, size):
            self._add_last()
            *before, self.last = self._split(self._step(i, size))
            self.steps += before
            first = before[0] if before else self.last
            self.open_moves.append((min(first.after, i), i))
            self._set_state(i)
        elif abs(size) <= max(DUST, self._uncertainty(i)) or (
            self.level.exact[i] and not self.state.exact
        ):
            self._set_state(i)
        elif self._may_stay(i, size):
            self.decided = min(self.decided, int(self.clock[i]) - 1)

    def _add_last(self) -> None:
        if self.last is not None:
            self.steps.append(self.last)

    def _set_state(self, i: int) -> None:
        self.state = LevelState(i, int(self.level.value[i]), bool(self.level.exact[i]))
        self.states.append(self.state)

    def _belongs_to_last(self, i: int, size: int) -> bool:
        """Return whether the move completes the last step, of which only a part has shown.

        The same applies to the first hours of a history, which may begin in a dip.
        """
        if self.state.exact and self.level.exact[i]:
            return False
        if self.last is None:
            return (
                not self.resumed and 0 < size <= self.level.dips[self.first - 1] and i <= self.first
            )
        if self.last.whole:
            return False
        since = int(self.clock[i] - self.clock[self.last.at])
        return since <= HOURS and abs(size) <= self.level.dips[i - 1]

    def _was_open(self, i: int, size: int) -> bool:
        """Return whether a rise is the end of requests that were open when the history began."""
        is_early = i <= self.first and not self.resumed and 0 < size <= BEGUN_OPEN
        return is_early and self._is_before_rest(self._rise(i, size)[1])

    def _is_before_rest(self, i: int) -> bool:
        """Return whether snapshot `i` is of the first hours, before the account was at rest."""
        rests = (state.since for state in self.states if state.exact)
        has_rested = any(self.clock[i] - self.clock[since] > SPELL for since in rests)
        return i <= self.first and not self.resumed and not has_rested

    def _is_step(self, i: int, size: int) -> bool:
        certain = self.state.exact and bool(self.level.exact[i])
        if abs(size) <= max(DUST if certain else NICKEL, self._uncertainty(i)):
            return False
        if abs(size) > self.level.dips[i - 1]:
            return size > 0 or (i < self.level.known and (certain or self._is_deep(i, size)))
        return certain and (size > 0 or (bool(self.level.stays[i]) and i < self.long_known))

    def _may_stay(self, i: int, size: int) -> bool:
        """Return whether a fall no deeper than the usual dips has stayed, but not yet for long."""
        certain = self.state.exact and bool(self.level.exact[i])
        return certain and size < 0 and bool(self.level.stays[i]) and i >= self.long_known

    def _is_deep(self, i: int, size: int) -> bool:
        """Return whether a fall exceeds what was in flight below its new level in the hours after.

        An account that has just become busy has no usual dips to compare with.
        """
        lowest = int(self.total[i : self._search_to(i)].min())
        return -size > int(self.level.value[i]) - lowest

    def _uncertainty(self, i: int) -> int:
        near = (
            error
            for at, error in self.uncertain.items()
            if abs(self.clock[at] - self.clock[i]) <= HOURS
        )
        return max(near, default=0)

    def _step(self, i: int, size: int) -> Step:
        after, at = self._rise(i, size) if size > 0 else self._fall(i, size)
        whole = self.state.exact and bool(self.level.exact[i])
        seen_whole = whole and (size < 0 or int(self.total[at]) <= self.state.value + size)
        open_until = int(self.clock[i])
        if not seen_whole:
            open_until = max(open_until, int(self.clock[at]) + HOURS)
        if i <= self.first and not self.resumed:  # depends on the dips of the first hours
            open_until = max(open_until, HOURS)
        if size > 0 and self._is_before_rest(at):
            open_until = NEVER
        return Step(after, at, size, whole, int(self.clock[i]), open_until)

    def _split(self, step: Step) -> list[Step]:
        """Split off a fall beside a rise that the settled level does not show."""
        return self._fall_after(step) or self._fall_before(step)

    def _fall_after(self, step: Step) -> list[Step]:
        """Split off a fall one or two snapshots after a rise.

        It is one if the balance rose further than the level: requests that are settled one
        counter after the other never raise it.
        """
        level, at = self.state.value + step.size, step.at
        excess = int(self.total[at]) - level
        rose = int(self.quota[at]) - int(self.quota[at - 1])
        fallen = at + 1 + np.flatnonzero(self.total[at + 1 : at + 3] <= level)
        if step.size <= 0 or min(excess, rose - step.size) <= DUST or not len(fallen):
            return []
        end = int(fallen[0])
        fall = replace(step, after=end - 1, at=end, size=-excess)
        return [replace(step, size=step.size + excess), fall]

    def _fall_before(self, step: Step) -> list[Step]:
        """Split off a fall that a rise hides from the closing, if the account rested in between."""
        seen = self.total[step.after + 1 : step.at]
        if not len(seen):
            return [step]
        low = int(seen.max())
        fall, rise = low - self.state.value, self.state.value + step.size - low
        rests = step.after + 1 + np.flatnonzero(seen == low)
        if fall >= -DUST or rise <= DUST or self.clock[rests[-1]] - self.clock[rests[0]] < HOUR:
            return [step]
        first, last = int(rests[0]), int(rests[-1])
        return [
            replace(step, at=first, size=fall),
            replace(step, after=last, size=rise),
        ]

    def _rise(self, i: int, size: int) -> tuple[int, int]:
        """Return the last snapshot at rest at the old level and the first at the new one.

        After a fall the closing rises some hours early; then the new level follows later.
        """
        start, end = self._search_from(i - 1, HOURS), self._search_to(i)
        old, middle = self.state.value, self.state.value + size // 2
        rest = _last(self.total[start:i] == old)
        if rest is None:
            rest = _last(self.total[start:i] <= middle) or 0
        above = np.flatnonzero(self.total[start + rest + 1 : end] > middle)
        at = start + rest + 1 + (int(above[0]) if len(above) else 0)
        after = _last(self.total[start:at] == old)
        return start + (rest if after is None else after), at

    def _fall(self, i: int, size: int) -> tuple[int, int]:
        """Return the last snapshot at the old level and the first at rest at the new one."""
        start = self._search_from(i, LONG)
        rests = np.flatnonzero(self.total[i : self._search_to(i)] == self.state.value + size)
        at = i + (int(rests[0]) if len(rests) else 0)
        after = start + (_last(self.total[start:at] > self.state.value + size // 2) or 0)
        return after, (after + 1 if -size > 2 * int(self.level.dips[i - 1]) else at)

    def _search_from(self, i: int, span: int) -> int:
        return max(min(int(np.searchsorted(self.clock, self.clock[i] - span)), i - 1), 0)

    def _search_to(self, i: int) -> int:
        return int(np.searchsorted(self.clock, self.clock[i] + HOURS, side="right"))


def _last(mask: npt.NDArray[np.bool_]) -> int | None:
    at = np.flatnonzero(mask)
    return int(at[-1]) if len(at) else None
