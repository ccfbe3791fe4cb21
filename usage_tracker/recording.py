"""One run of `snapshot`: call every account, store every answer and every failure.

Each answer is stored as it arrives, in a transaction of its own, so that neither a slow
gateway nor a crash loses another account's answer. An answer that cannot be stored
appears with its counters in the error.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from usage_tracker.capture.arrival import Arrival
from usage_tracker.capture.errors import BLOCKED_FIX, FOREIGN_STATUS, GatewayError
from usage_tracker.capture.poll import Attempt, poll
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account
from usage_tracker.errors import DatabaseError, TrackerError, UnexpectedError
from usage_tracker.formatting import visible
from usage_tracker.store import accounts as stored_accounts
from usage_tracker.store import failures, snapshots
from usage_tracker.store.accounts import OtherAccountError
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.times import DAY, LAST_MOMENT, SECOND, now_ms

DEADLINE = 30.0
"""Seconds within which an account is called and the outcome stored."""

_STORE_TIME = 5.0
_SHORTEST_TIMEOUT = 0.5


class UnsavedAnswerError(DatabaseError):
    """A successful answer that could not be stored."""

    def __init__(self, answer: UserSelf, error: TrackerError) -> None:
        super().__init__(
            f"{error} (not stored: quota {answer.quota}, used_quota {answer.used_quota})"
        )


class UnrecordedFailureError(DatabaseError):
    """A failure that could not be stored."""

    def __init__(self, failure: TrackerError, error: TrackerError) -> None:
        super().__init__(f"{failure}; this could not be recorded either: {error}")


@dataclass(frozen=True, slots=True)
class Result:
    """The result for `account`: `answer` stored at `captured_at` (UTC ms), or an error.

    `arrival` is when the gateway's answer came, None if it gave none.
    """

    account: Account
    captured_at: int | None = None
    answer: UserSelf | None = None
    error: TrackerError | None = None
    arrival: Arrival | None = None


def capture(
    database: Database, accounts: Sequence[Account], *, deadline: float = DEADLINE
) -> Iterator[Result]:
    """Call `accounts`, each within `deadline` seconds; yield the results as they are stored."""
    call_deadline = deadline - min(_STORE_TIME, deadline / 6)
    for attempt in poll(accounts, deadline=call_deadline):
        yield store_attempt(database, attempt, attempt.attempted_at + round(deadline * SECOND))


def store_attempt(database: Database, attempt: Attempt, until: int) -> Result:
    """Store the outcome of `attempt`, waiting for other writers at most `until` (UTC ms)."""
    outcome = attempt.outcome
    if isinstance(outcome, UserSelf):
        result = _store_success(database, attempt, outcome, until)
    else:
        result = _store_failure(database, attempt, outcome, until)
    return replace(result, arrival=attempt.arrival)


def clock_ahead(results: Iterable[Result]) -> int:
    """Return how far the clock is ahead (ms) by the gateway that agrees with it best."""
    known = (result.arrival.clock_ahead for result in results if result.arrival is not None)
    return min(known, key=abs, default=0)


def store_answer(database: Database, account: Account, answer: UserSelf, until: int) -> int:
    """Store the answer of `account`; return its moment (UTC ms) in the database.

    Raises:
        OtherAccountError: It is the answer of another account.
        UnsavedAnswerError: The database failed.
    """
    try:
        with database.write(_write_timeout(database, until)) as connection:
            stored = stored_accounts.get_or_create(connection, account)
            return snapshots.save(connection, stored, answer)
    except DatabaseError as error:
        raise UnsavedAnswerError(answer, error) from error
    except TrackerError:
        raise
    except Exception as error:  # noqa: BLE001 (a bug is one account's failure)
        bug = UnexpectedError(error)
        raise UnsavedAnswerError(answer, bug) from bug


def _store_success(database: Database, attempt: Attempt, answer: UserSelf, until: int) -> Result:
    try:
        return Result(
            attempt.account, store_answer(database, attempt.account, answer, until), answer
        )
    except OtherAccountError as error:
        return _store_failure(database, attempt, error, until)
    except UnsavedAnswerError as error:
        if isinstance(error.__cause__, UnexpectedError):  # the database may still record it
            _store_failure(database, attempt, error, until)
        return Result(attempt.account, answer=answer, error=error)


def _store_failure(database: Database, attempt: Attempt, error: TrackerError, until: int) -> Result:
    try:
        with database.write(_write_timeout(database, until)) as connection:
            account = stored_accounts.find_for_update(connection, attempt.account.name)
            account = account or stored_accounts.get_or_create(connection, attempt.account)
            failed = _failure(attempt, error)
            failures.record(connection, account.account_id, failed)
            explain_block(connection, account.account_id, error, failed.attempted_at)
        return Result(attempt.account, error=error)
    except TrackerError as unrecorded:
        return Result(attempt.account, error=UnrecordedFailureError(error, unrecorded))
    except Exception as bug:  # noqa: BLE001 (one account's failure must not end the others' run)
        return Result(attempt.account, error=UnrecordedFailureError(error, UnexpectedError(bug)))


def explain_block(connection: Connection, account_id: int, error: TrackerError, now: int) -> None:
    """Replace the fix of `error` if at `now` a firewall has refused every call for a day."""
    if isinstance(error, GatewayError) and error.is_foreign:
        since = failures.refused_since(connection, account_id, error.kind, FOREIGN_STATUS)
        if since is not None and now - since >= DAY:
            error.replace_fix(BLOCKED_FIX)


def error_kind(error: TrackerError) -> str:
    """Return the kind of `error` in the database and in JSON: `config` if nothing was sent.

    A bug is `unexpected`.
    """
    if isinstance(error, GatewayError):
        return error.kind.value
    if isinstance(error, UnexpectedError):
        return "unexpected"
    return "database" if isinstance(error, DatabaseError) else "config"


def _failure(attempt: Attempt, error: TrackerError) -> Failure:
    ahead = 0 if attempt.arrival is None else attempt.arrival.clock_ahead
    attempted_at = min(max(attempt.attempted_at - ahead, 0), LAST_MOMENT)
    if not isinstance(error, GatewayError):
        return Failure(attempted_at, error_kind(error), None, visible(str(error)))
    request = f"request {error.request_id}" if error.request_id else ""
    detail = ", ".join(filter(None, (error.detail, request)))
    return Failure(attempted_at, error_kind(error), error.http_status, detail or None)


def _write_timeout(database: Database, until: int) -> float:
    remaining = (until - now_ms()) / SECOND
    # At most the database's own time-out: the clock may have been set back meanwhile.
    return min(max(remaining, _SHORTEST_TIMEOUT), database.deadline)
