"""What `tracker snapshot --notify` does around the snapshot: a ping, and news if there is any.

Nothing here makes a snapshot fail: what goes wrong is told in words.
"""

from collections.abc import Sequence
from typing import Protocol

from usage_tracker.config.accounts import Account
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.errors import TrackerError
from usage_tracker.monitoring.ping import Signal, ping
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert
from usage_tracker.store.database import Database

PING = "ping"
"""The rule under which the last ping is remembered."""


class Attempt(Protocol):
    """What came of asking an account: nothing wrong, or an error."""

    @property
    def account(self) -> Account:
        """Who was asked."""

    @property
    def error(self) -> TrackerError | None:
        """What went wrong."""


def before_snapshot(settings: Settings) -> tuple[str, ...]:
    """Tell the dead man's switch that a run begins; what went wrong with that, in words."""
    return _signal(Channels.read(settings.document), "start")


def no_snapshot(settings: Settings, error: TrackerError) -> tuple[str, ...]:
    """Tell the dead man's switch that `error` kept the run from asking anybody; as above."""
    return _signal(Channels.read(settings.document), "fail", str(error))


def after_snapshot(
    database: Database, settings: Settings, attempts: Sequence[Attempt], now: int
) -> tuple[str, ...]:
    """Tell people what has changed, and the dead man's switch how the run went.

    Returns what went wrong with that, in words that hold no secret.
    """
    channels = Channels.read(settings.document)
    problems = _ping(channels, attempts)
    if channels.ping_url is not None:
        problems += _remember(database, attempts, next(iter(problems), None), now)
    if channels:
        problems += _tell(database, settings, [attempt.account.name for attempt in attempts], now)
    return problems


def _tell(
    database: Database, settings: Settings, names: Sequence[str], now: int
) -> tuple[str, ...]:
    # The report behind the rules needs pandas, which a snapshot is not to load for nothing.
    from usage_tracker.monitoring.alerts import tell_changes

    try:
        return tell_changes(database, settings, names, now)
    except TrackerError as error:  # the snapshot is stored, and that is what counts
        return (str(error),)


def _ping(channels: Channels, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    failed = [f"{each.account.name}: {each.error}" for each in attempts if each.error is not None]
    return _signal(channels, "fail" if failed else "success", "\n".join(failed))


def _signal(channels: Channels, signal: Signal, text: str = "") -> tuple[str, ...]:
    """Tell the dead man's switch, if there is one; what went wrong with that."""
    problem = None if channels.ping_url is None else ping(channels.ping_url, signal, text)
    return () if problem is None else (problem,)


def _remember(
    database: Database, attempts: Sequence[Attempt], problem: str | None, now: int
) -> tuple[str, ...]:
    """Write down beside the notices what became of the ping, where `doctor` looks."""
    try:
        for name in {each.account.name for each in attempts}:
            with database.read() as connection:
                known = accounts.find(connection, name)
                before = known and alerts.of(connection, known.account_id).get(PING)
            if known and problem != (before.problem if before else None):
                with database.write() as connection:
                    alert = Alert(state=0, since=now, told=0, told_at=None, problem=problem)
                    alerts.keep(connection, known.account_id, PING, alert)
    except TrackerError as error:  # the snapshot is stored, and that is what counts
        return (str(error),)
    return ()
