"""One run of `snapshot`: every account asked, every good answer kept, every failure recorded.

Each answer goes into the database as it comes, in a transaction of its own, so that
neither a slow gateway nor a crash takes another account's answer along. What could
not be stored is told with its numbers, so that even then it is not lost silently.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.poll import Attempt, poll
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account
from usage_tracker.errors import ConfigError, DatabaseError, TrackerError
from usage_tracker.store import accounts as stored_accounts
from usage_tracker.store import failures, snapshots
from usage_tracker.store.accounts import OtherAccountError
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.times import SECOND, now_ms

DEADLINE = 30.0
"""Seconds within which an account is asked and what came of it is stored."""

_FOR_STORING = 5.0
_LEAST_PATIENCE = 0.5


class UnsavedAnswerError(DatabaseError):
    """A good answer that the database did not take."""

    def __init__(self, answer: UserSelf, error: DatabaseError) -> None:
        super().__init__(
            f"{error} (not stored: quota {answer.quota}, used_quota {answer.used_quota})"
        )


class UnrecordedFailureError(DatabaseError):
    """A failure that the database did not take either."""

    def __init__(self, failure: TrackerError, error: DatabaseError) -> None:
        super().__init__(f"{failure}; nor could this be recorded: {error}")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of asking `account`: `answer` stored at `captured_at` (UTC ms), or an error."""

    account: Account
    captured_at: int | None = None
    answer: UserSelf | None = None
    error: TrackerError | None = None


def record(
    database: Database, accounts: Sequence[Account], *, deadline: float = DEADLINE
) -> Iterator[Result]:
    """Ask `accounts`, each within `deadline` seconds; the results, stored, as they come."""
    patience = deadline - min(_FOR_STORING, deadline / 6)
    for attempt in poll(accounts, deadline=patience):
        yield keep(database, attempt, attempt.attempted_at + round(deadline * SECOND))


def keep(database: Database, attempt: Attempt, until: int) -> Result:
    """Store what came of `attempt`, waiting for other writers at most `until` (UTC ms)."""
    outcome = attempt.outcome
    if isinstance(outcome, UserSelf):
        return _save(database, attempt, outcome, until)
    return _fail(database, attempt, outcome, until)


def save(database: Database, account: Account, answer: UserSelf, until: int) -> int:
    """Store what `account` answered, waiting as `keep` does; the moment (UTC ms) it went in under.

    Raises:
        OtherAccountError: It is not the answer of the account whose history this is.
        UnsavedAnswerError: The database did not take it.
    """
    try:
        with database.write(_patience(database, until)) as connection:
            stored = stored_accounts.get_or_create(connection, account)
            return snapshots.save(connection, stored, answer)
    except DatabaseError as error:
        raise UnsavedAnswerError(answer, error) from error


def _save(database: Database, attempt: Attempt, answer: UserSelf, until: int) -> Result:
    try:
        return Result(attempt.account, save(database, attempt.account, answer, until), answer)
    except OtherAccountError as error:
        return _fail(database, attempt, error, until)
    except UnsavedAnswerError as error:
        return Result(attempt.account, answer=answer, error=error)


def _fail(
    database: Database, attempt: Attempt, error: GatewayError | ConfigError, until: int
) -> Result:
    try:
        with database.write(_patience(database, until)) as connection:
            account = stored_accounts.find_for_update(connection, attempt.account.name)
            account = account or stored_accounts.get_or_create(connection, attempt.account)
            failures.record(connection, account.account_id, _failure(attempt, error))
        return Result(attempt.account, error=error)
    except DatabaseError as unrecorded:
        return Result(attempt.account, error=UnrecordedFailureError(error, unrecorded))


def kind(error: TrackerError) -> str:
    """The name of `error` in the database and in JSON; what never reached a gateway is `config`."""
    if isinstance(error, GatewayError):
        return error.kind.value
    return "database" if isinstance(error, DatabaseError) else "config"


def _failure(attempt: Attempt, error: GatewayError | ConfigError) -> Failure:
    if not isinstance(error, GatewayError):
        return Failure(attempt.attempted_at, kind(error), None, str(error))
    request = f"request {error.request_id}" if error.request_id else ""
    detail = ", ".join(filter(None, (error.detail, request)))
    return Failure(attempt.attempted_at, kind(error), error.http_status, detail or None)


def _patience(database: Database, until: int) -> float:
    left = (until - now_ms()) / SECOND
    # Never longer than the whole, for a clock may jump back meanwhile.
    return min(max(left, _LEAST_PATIENCE), database.deadline)
