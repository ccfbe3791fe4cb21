"""What `tracker snapshot --notify` does around the snapshots: pings, and notices of changes.

Nothing here makes a snapshot fail: problems are returned as text that holds no secret.
"""

from collections.abc import Sequence

from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.errors import TrackerError
from usage_tracker.monitoring.ping import Signal, ping
from usage_tracker.recording import Result
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database

PING = "ping"
"""The rule under which the outcome of the last ping is stored."""


def before_snapshot(settings: Settings) -> tuple[str, ...]:
    """Send the ping that a run starts; return its problem, if any."""
    return _ping(Channels.read(settings.document), "start")


def no_snapshot(settings: Settings, error: TrackerError) -> tuple[str, ...]:
    """Send the ping that `error` ended the run before any request; return its problem, if any."""
    return _ping(Channels.read(settings.document), "fail", str(error))


def after_snapshot(
    database: Database, settings: Settings, results: Sequence[Result], now: int
) -> tuple[str, ...]:
    """Send the ping with the outcome of the run, and the notices; return the problems."""
    channels = Channels.read(settings.document)
    failed = [f"{each.account.name}: {each.error}" for each in results if each.error is not None]
    problems = _ping(channels, "fail" if failed else "success", "\n".join(failed))
    names = {each.account.name: None for each in results}
    try:
        if channels.ping_url is not None:
            _store_ping(database, [*names], next(iter(problems), None), now)
    except TrackerError as error:  # the snapshot is stored, and that is what counts
        problems += (str(error),)
    try:
        if channels:
            # The report behind the rules imports pandas: only where notices are configured.
            from usage_tracker.monitoring.notify import send_notices

            problems += send_notices(database, settings, [*names], now)
    except TrackerError as error:
        problems += (str(error),)
    return problems


def _ping(channels: Channels, signal: Signal, text: str = "") -> tuple[str, ...]:
    problem = None if channels.ping_url is None else ping(channels.ping_url, signal, text)
    return () if problem is None else (problem,)


def _store_ping(database: Database, names: Sequence[str], problem: str | None, now: int) -> None:
    """Store the outcome of the ping beside the alerts, where `tracker doctor` finds it."""
    for name in names:
        with database.read() as connection:
            account = accounts.find(connection, name)
            before = account and alerts.load(connection, account.account_id).get(PING)
        if account and problem != (before.problem if before else None):
            with database.write() as connection:
                alert = Alert(Level.OK, now, Level.OK, problem=problem)
                alerts.upsert(connection, account.account_id, PING, alert)
