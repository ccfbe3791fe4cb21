"""From findings to notices: each change of state is told once.

A state is per account and rule. It worsens when a finding does and gets better only
when the finding is clear of the slacker threshold (`Finding.hold`), both after
the finding has kept to it for as long as it asks for; what is unknown changes
nothing. A notice is due as long as the level is not the
one last told, so one that reached nobody is tried again, and one that has
become pointless before it reached anybody is dropped.
"""

import dataclasses
from dataclasses import dataclass

from usage_tracker.monitoring.findings import Finding, Level, Rule


@dataclass(frozen=True, slots=True)
class State:
    """Where a rule stands: `level` since `since`; `told` is what people know, since `told_at`.

    `leaning` is where the findings have pointed since `leaning_since`, if elsewhere.
    Moments are UTC milliseconds.
    """

    level: Level = Level.OK
    since: int = 0
    told: Level = Level.OK
    told_at: int | None = None
    leaning: Level | None = None
    leaning_since: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of state to be told: from `was` to `level`, which holds since `since` (UTC ms)."""

    rule: Rule
    was: Level
    level: Level
    since: int
    text: str


def advance(state: State, finding: Finding, now: int) -> tuple[State, Notice | None]:
    """The state after `finding`, and the notice that is due, if one is."""
    if finding.level is Level.UNKNOWN:
        return state, None
    state = _move(state, finding, now)
    if state.level == state.told:
        return state, None
    return state, Notice(finding.rule, state.told, state.level, state.since, finding.text)


def _move(state: State, finding: Finding, now: int) -> State:
    level = max(finding.level, min(state.level, finding.hold))
    if level == state.level:
        return dataclasses.replace(state, leaning=None, leaning_since=None)
    begin = _leaning_since(state, level, now)
    patience = finding.worsens_after if level > state.level else finding.improves_after
    if now - begin < patience:
        return dataclasses.replace(state, leaning=level, leaning_since=begin)
    return State(level, now, state.told, state.told_at)


def _leaning_since(state: State, level: Level, now: int) -> int:
    """Since when the findings have pointed to the same side of the state as `level`."""
    if state.leaning is None or state.leaning_since is None:
        return now
    return state.leaning_since if (state.leaning > state.level) == (level > state.level) else now


def told(state: State, now: int) -> State:
    """The state after its notice reached somebody."""
    return dataclasses.replace(state, told=state.level, told_at=now)


def lapsed(state: State, begin: int) -> State:
    """The state after an outage that began at `begin` (UTC ms) and that nobody could tell of.

    What does not run cannot speak; when it runs again, its recovery is news, once.
    """
    if state.level is not Level.OK or state.since > begin:
        return state
    return State(Level.CRITICAL, begin, Level.CRITICAL, state.told_at)
