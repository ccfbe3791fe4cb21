"""What `tracker snapshot --notify` does around the snapshots: pings, and notices of changes.

Nothing here makes a snapshot fail: problems are returned as text that holds no secret.
"""

from collections.abc import Sequence

from usage_tracker.capture.errors import GatewayError, describe_kind
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.errors import TrackerError, UnexpectedError
from usage_tracker.monitoring.ping import PAUSES, PendingPing, Signal
from usage_tracker.recording import Result, error_kind
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database

_SUMMARIES = {
    "config": "the configuration is missing or invalid",
    "database": "the database could not be opened, read or written",
    "unexpected": "a bug in this program",
}
PING = "ping"
"""The rule under which the outcome of the last ping is stored."""


def before_snapshot(settings: Settings) -> PendingPing:
    """Begin to send the ping that a run starts: the snapshots do not wait for it."""
    return PendingPing(Channels.read(settings.document).ping_url, "start")


def no_snapshot(settings: Settings, error: TrackerError, started: PendingPing) -> tuple[str, ...]:
    """Send the ping that `error` ended the run before any request; return the problems."""
    problems = started.wait()
    url = Channels.read(settings.document).ping_url
    return _unique(problems + PendingPing(url, "fail", _summary(error), PAUSES).wait())


def after_snapshot(
    database: Database,
    settings: Settings,
    results: Sequence[Result],
    now: int,
    started: PendingPing | None = None,
) -> tuple[str, ...]:
    """Send the ping with the outcome of the run, and the notices; return the problems.

    `started` is the ping that the run began with.
    """
    channels = Channels.read(settings.document)
    problems = () if started is None else started.wait()
    failed = [f"{each.account.name}: {_summary(each.error)}" for each in results if each.error]
    signal: Signal = "fail" if failed else "success"
    outcome = PendingPing(channels.ping_url, signal, "\n".join(failed), PAUSES)
    names = [*{each.account.name: None for each in results}]
    notices = _send_notices(database, settings, channels, names, now)
    pinged = outcome.wait()
    try:
        if channels.ping_url is not None:
            _store_ping(database, names, next(iter(pinged), None), now)
    except TrackerError as error:  # the snapshot is stored, and that is what counts
        notices += (str(error),)
    except Exception as bug:  # noqa: BLE001
        notices += (str(UnexpectedError(bug)),)
    return _unique(problems + pinged + notices)


def _send_notices(
    database: Database, settings: Settings, channels: Channels, names: Sequence[str], now: int
) -> tuple[str, ...]:
    if not channels:
        return ()
    # The report behind the rules imports pandas: only where notices are configured.
    from usage_tracker.monitoring.notify import send_notices

    try:
        return send_notices(database, settings, names, now)
    except TrackerError as error:
        return (str(error),)
    except Exception as bug:  # noqa: BLE001 (the snapshot is stored)
        return (str(UnexpectedError(bug)),)


def _summary(error: TrackerError) -> str:
    """Return the program's own words for `error`.

    Its message may quote a gateway, a server or a path, which are not for the ping's service.
    """
    if isinstance(error, GatewayError):
        status = f" (HTTP {error.http_status})" if error.http_status is not None else ""
        return f"{describe_kind(error.kind)}{status}"
    return _SUMMARIES[error_kind(error)]


def _unique(problems: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(problems))


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
