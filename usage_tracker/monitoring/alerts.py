"""Changes of state, told once each, and remembered in the database.

A notice is claimed in the database before it is sent, so that two snapshots at once
do not tell it twice; if then nobody could be reached, the claim is taken back and
the next run tries again. What another run has told since is left alone.
"""

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.formatting import duration
from usage_tracker.monitoring.evaluate import Situation, look
from usage_tracker.monitoring.findings import Finding, Level
from usage_tracker.monitoring.hysteresis import Notice, State, advance, lapsed, told
from usage_tracker.monitoring.notify import Delivery, Message, deliver
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert
from usage_tracker.store.database import Database
from usage_tracker.times import SECOND

BEING_SENT = "the program ended while it was being sent"


@dataclass(frozen=True, slots=True)
class Step:
    """What a finding makes of the alert of its rule.

    With a `notice`, `after` is the alert once it has been told, `untold` the alert if
    nobody could be reached.
    """

    rule: str
    after: Alert
    untold: Alert
    notice: Notice | None


def tell_changes(
    database: Database, settings: Settings, names: Collection[str], now: int
) -> tuple[str, ...]:
    """Judge the accounts called `names` at `now` (UTC ms) and tell what has changed.

    Returns why a notice did not reach everybody, in words.
    """
    channels = Channels.read(settings.document)
    problems: list[str] = []
    for situation in look(database, settings, now, names):
        name = situation.account.name
        for step in _claim(database, situation, now):
            if step.notice is not None:
                delivery = deliver(Message(name, step.notice, now), channels)
                _settle(database, situation, step, delivery)
                problems += (f"{name}: {problem}" for problem in delivery.problems)
    return tuple(problems)


def steps(stored: dict[str, Alert], situation: Situation, now: int) -> Iterator[Step]:
    """What `situation` changes in the alerts as they are `stored`."""
    for finding in situation.findings:
        if finding.level is not Level.UNKNOWN:
            step = _step(stored.get(finding.rule), finding, situation, now)
            if step.after != stored.get(finding.rule):
                yield step


def _step(stored: Alert | None, finding: Finding, situation: Situation, now: int) -> Step:
    state, problem = (
        (State(since=now), None) if stored is None else (_state(stored), stored.problem)
    )
    if finding.rule == "stale":
        state, finding = _after_outage(state, finding, situation)
    state, notice = advance(state, finding, now)
    untold = _alert(state, problem)
    after = untold if notice is None else _alert(told(state, now), None)
    return Step(finding.rule, after, untold, notice)


def _after_outage(state: State, finding: Finding, situation: Situation) -> tuple[State, Finding]:
    if situation.outage is None or finding.level is not Level.OK:
        return state, finding
    begin, length = situation.outage
    text = f"snapshots come again, after {duration(length / SECOND)} without"
    return lapsed(state, begin), dataclasses.replace(finding, text=text)


def _claim(database: Database, situation: Situation, now: int) -> list[Step]:
    """Write down what has changed; of two runs at once, one finds a change."""
    account_id = situation.account.account_id
    with database.read() as connection:
        if not any(steps(alerts.of(connection, account_id), situation, now)):
            return []
    with database.write() as connection:
        accounts.lock(connection, account_id)
        changed = list(steps(alerts.of(connection, account_id), situation, now))
        for step in changed:
            claim = step.after if step.notice is None else _problem(step.after, BEING_SENT)
            alerts.keep(connection, account_id, step.rule, claim)
    return changed


def _settle(database: Database, situation: Situation, step: Step, delivery: Delivery) -> None:
    """Write down what became of a notice; one that reached nobody was not told."""
    known = step.after if delivery.reached else step.untold
    problem = "; ".join(delivery.problems) or None
    account_id = situation.account.account_id
    with database.write() as connection:
        accounts.lock(connection, account_id)
        stored = alerts.of(connection, account_id).get(step.rule)
        if stored is not None and _is_claimed(stored, step):
            settled = dataclasses.replace(stored, told=known.told, told_at=known.told_at)
            alerts.keep(connection, account_id, step.rule, _problem(settled, problem))


def _is_claimed(stored: Alert, step: Step) -> bool:
    """Whether no other notice was claimed since that of `step`."""
    claim = (step.after.told, step.after.told_at, BEING_SENT)
    return (stored.told, stored.told_at, stored.problem) == claim


def _problem(alert: Alert, problem: str | None) -> Alert:
    return dataclasses.replace(alert, problem=problem)


def _state(alert: Alert) -> State:
    leaning = None if alert.leaning is None else Level(alert.leaning)
    level, told_level = Level(alert.state), Level(alert.told)
    return State(level, alert.since, told_level, alert.told_at, leaning, alert.leaning_since)


def _alert(state: State, problem: str | None) -> Alert:
    leaning = None if state.leaning is None else int(state.leaning)
    return Alert(
        state=int(state.level),
        since=state.since,
        told=int(state.told),
        told_at=state.told_at,
        problem=problem,
        leaning=leaning,
        leaning_since=state.leaning_since,
    )
