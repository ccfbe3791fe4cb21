"""Every account asked, many at a time, each answer told as it comes.

Calls are made in daemon threads, so that Ctrl-C ends the process at once. A host
that is slow or dead never gets more than its share of the threads while accounts
of another wait: next is always the host with the fewest calls under way.
"""

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from shlex import quote
from urllib.parse import urlsplit

from usage_tracker.capture.client import DEADLINE, fetch
from usage_tracker.capture.errors import NEW_API, GatewayError, Kind
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv, TokenSource
from usage_tracker.config.credentials import read_token
from usage_tracker.config.token import Token
from usage_tracker.errors import ConfigError
from usage_tracker.times import now_ms

WORKERS = 32

TOKEN_SHARE = 0.5
"""The most that a token's command may take of an account's time."""

ReadToken = Callable[[TokenSource, float], Token]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One account asked at `attempted_at` (UTC ms), and what came of it."""

    account: Account
    attempted_at: int
    outcome: UserSelf | GatewayError | ConfigError


def poll(
    accounts: Sequence[Account],
    *,
    deadline: float = DEADLINE,
    workers: int = WORKERS,
    read_token: ReadToken = read_token,
) -> Generator[Attempt, None, None]:
    """Ask every account, each within `deadline` seconds; attempts come as they are done.

    A failure is an outcome like any other, and stops nothing.
    """
    waiting = _Waiting(accounts)
    done: queue.SimpleQueue[Attempt | Exception] = queue.SimpleQueue()

    def work() -> None:
        while (account := waiting.take()) is not None:
            try:
                done.put(_attempt(account, deadline, read_token))
            except Exception as error:  # noqa: BLE001 (a defect, raised again in the caller)
                done.put(error)
            waiting.done(account)

    for _ in range(min(workers, len(accounts))):
        threading.Thread(target=work, name="poll", daemon=True).start()
    try:
        for _ in accounts:
            yield _unless_defect(done.get())
    finally:
        waiting.abandon()


def _attempt(account: Account, deadline: float, read_token: ReadToken) -> Attempt:
    attempted_at, done = now_ms(), time.monotonic() + deadline
    try:
        token = read_token(account.token, deadline * TOKEN_SHARE)
        answer = fetch(account, token, deadline=done - time.monotonic())
        return Attempt(account, attempted_at, answer)
    except GatewayError as error:
        if error.kind is Kind.UNAUTHORIZED:
            error.advise(f"make a new Manage Key and {_put(account)}; {NEW_API}")
        return Attempt(account, attempted_at, error)
    except ConfigError as error:
        return Attempt(account, attempted_at, error)


def _put(account: Account) -> str:
    """Where a new token of `account` goes, as an order."""
    if isinstance(account.token, TokenFromEnv):
        return f"set {account.token.variable} to it"
    return f"store it with `tracker accounts set-token {quote(account.name)}`"


def _unless_defect(result: Attempt | Exception) -> Attempt:
    if isinstance(result, Exception):
        raise result
    return result


class _Waiting:
    """The accounts still to be asked, in a row for each host."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, deque[Account]] = {}
        self._under_way: Counter[str] = Counter()
        for account in accounts:
            self._rows.setdefault(_host(account), deque()).append(account)

    def take(self) -> Account | None:
        """The next account, of the host with the fewest calls under way."""
        with self._lock:
            if not self._rows:
                return None
            host = min(self._rows, key=self._under_way.__getitem__)
            account = self._rows[host].popleft()
            self._under_way[host] += 1
            if not self._rows[host]:
                del self._rows[host]
            return account

    def done(self, account: Account) -> None:
        """A call has ended."""
        with self._lock:
            self._under_way[_host(account)] -= 1

    def abandon(self) -> None:
        """Nobody wants the rest."""
        with self._lock:
            self._rows.clear()


def _host(account: Account) -> str:
    return urlsplit(account.base_url).netloc
