"""Concurrent calls for several accounts.

Calls run in daemon threads, so that Ctrl-C ends the process at once. The next call
always goes to the host with the fewest active calls, so that a slow or dead host does
not occupy all threads while accounts of other hosts wait.
"""

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from shlex import quote
from urllib.parse import urlsplit

from usage_tracker.capture.arrival import Arrival
from usage_tracker.capture.client import DEADLINE, fetch
from usage_tracker.capture.errors import NEW_KEY_LAST, GatewayError, Kind
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv, TokenSource
from usage_tracker.config.credentials import Token, read_token
from usage_tracker.errors import ConfigError, UnexpectedError
from usage_tracker.times import now_ms

WORKERS = 32

TOKEN_SHARE = 0.5
"""The share of an account's deadline that its token command may use."""

ReadToken = Callable[[TokenSource, float], Token]

_IF_IT_WORKED = (
    "if it worked before, wait for the next run, because a gateway in trouble refuses good keys "
    "too; else check that it is this gateway's Manage Key, and that no header such as "
    "New-Api-User is missing"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of one call, started at `attempted_at` (UTC ms)."""

    account: Account
    attempted_at: int
    outcome: UserSelf | GatewayError | ConfigError | UnexpectedError

    @property
    def arrival(self) -> Arrival | None:
        """When the gateway's answer came, None if it gave none."""
        return (
            None
            if isinstance(self.outcome, ConfigError | UnexpectedError)
            else self.outcome.arrival
        )


def poll(
    accounts: Sequence[Account],
    *,
    deadline: float = DEADLINE,
    workers: int = WORKERS,
    read_token: ReadToken = read_token,
) -> Generator[Attempt, None, None]:
    """Call the gateway of every account, each within `deadline` seconds; yield as they end.

    A failure is an outcome like any other and does not stop the others; so is a bug.
    """
    pending = _PendingCalls(accounts)
    results: queue.SimpleQueue[Attempt] = queue.SimpleQueue()

    def work() -> None:
        while (account := pending.take()) is not None:
            results.put(_attempt(account, deadline, read_token))
            pending.done(account)

    _start(work, min(workers, len(accounts)))
    try:
        for _ in accounts:
            yield results.get()
    finally:
        pending.clear()


def _start(work: Callable[[], None], count: int) -> None:
    """Start `count` threads, or as many as the system allows; without any, work here."""
    for number in range(count):
        try:
            threading.Thread(target=work, name="poll", daemon=True).start()
        except RuntimeError:
            if not number:
                work()
            return


def _attempt(account: Account, deadline: float, read_token: ReadToken) -> Attempt:
    attempted_at, end = now_ms(), time.monotonic() + deadline
    try:
        token = read_token(account.token, deadline * TOKEN_SHARE)
        answer = fetch(account, token, deadline=end - time.monotonic())
        return Attempt(account, attempted_at, answer)
    except GatewayError as error:
        if error.header is not None:
            init = f"tracker init --account {quote(account.name)} --header '{error.header}: 42'"
            error.replace_fix(error.header_fix(f"run `{init}`"))
        elif error.kind is Kind.UNAUTHORIZED:
            error.replace_fix(f"{_IF_IT_WORKED}; {NEW_KEY_LAST}, and {_how_to_store(account)}")
        return Attempt(account, attempted_at, error)
    except ConfigError as error:
        return Attempt(account, attempted_at, error)
    except BaseException as error:  # noqa: BLE001 (a bug must not end the others' run)
        return Attempt(account, attempted_at, UnexpectedError(error))


def _how_to_store(account: Account) -> str:
    if isinstance(account.token, TokenFromEnv):
        return f"set {account.token.variable} to it"
    return f"store it with `tracker accounts set-token {quote(account.name)}`"


class _PendingCalls:
    """The accounts that are not called yet, in a queue for each host."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Account]] = {}
        self._active: Counter[str] = Counter()
        for account in accounts:
            self._queues.setdefault(_host(account), deque()).append(account)

    def take(self) -> Account | None:
        """Remove and return an account of the host with the fewest active calls."""
        with self._lock:
            if not self._queues:
                return None
            host = min(self._queues, key=self._active.__getitem__)
            account = self._queues[host].popleft()
            self._active[host] += 1
            if not self._queues[host]:
                del self._queues[host]
            return account

    def done(self, account: Account) -> None:
        """Count one active call less for the host of `account`."""
        with self._lock:
            self._active[_host(account)] -= 1

    def clear(self) -> None:
        """Drop the accounts that are not called yet."""
        with self._lock:
            self._queues.clear()


def _host(account: Account) -> str:
    return urlsplit(account.base_url).netloc
