"""The accounts that are configured or have a history, side by side, and what is amiss with them.

A token is shown masked. A command that would print one is named and not run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from sqlalchemy import Connection

from usage_tracker.capture.errors import Kind
from usage_tracker.config.accounts import (
    Account,
    TokenFromCommand,
    TokenFromEnv,
    TokenFromFile,
    TokenSource,
)
from usage_tracker.config.credentials import read_token
from usage_tracker.errors import ConfigError
from usage_tracker.store import accounts as stored_accounts
from usage_tracker.store import failures, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.times import iso


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a token comes from, in words; `masked` is None where it was not looked at."""

    source: str
    where: str
    masked: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An account by its name; `last` is its last snapshot (UTC ms), `advice` what to do."""

    name: str
    configured: Account | None
    history: StoredAccount | None
    last: int | None
    advice: str | None


def entries(configured: tuple[Account, ...], connection: Connection | None) -> list[Entry]:
    """The configured accounts in their order, then those that have a history alone."""
    stored = {a.name: a for a in stored_accounts.list_accounts(connection)} if connection else {}
    latest = snapshots.latest(connection) if connection else {}
    known = {account.name: account for account in configured}
    found = []
    for name in [*known, *(name for name in stored if name not in known)]:
        account, history = known.get(name), stored.get(name)
        snapshot = latest.get(history.account_id) if history else None
        last = snapshot.captured_at if snapshot else None
        advice = _advice(connection, account, history, last) if connection else None
        found.append(Entry(name, account, history, last, advice))
    return found


def origin(source: TokenSource) -> Origin:
    """Where `source` is, and the mask of what it holds."""
    match source:
        case TokenFromEnv(variable):
            kind, where = "env", variable
        case TokenFromFile(path):
            kind, where = "file", str(path)
        case TokenFromCommand(command):
            return Origin("command", command[0])
    try:
        return Origin(kind, where, masked=read_token(source).masked())
    except ConfigError as error:
        return Origin(kind, where, problem=str(error))


def in_words(found: Origin) -> str:
    """`fd…cd from TRACKER_TOKEN`; `!` if it cannot be read."""
    return f"{found.masked or ('!' if found.problem else '(not run)')} from {found.where}"


def as_json(entry: Entry) -> Mapping[str, Any]:
    """The account's part of the document."""
    account, history = entry.configured, entry.history
    token = origin(account.token) if account else None
    return {
        "account": entry.name,
        "configured": account is not None,
        "base_url": account.base_url if account else None,
        "history_base_url": history.base_url if history else None,
        "token": token
        and {
            "source": token.source,
            "from": token.where,
            "masked": token.masked,
            "problem": token.problem,
        },
        "last_snapshot": None if entry.last is None else iso(entry.last),
        "advice": entry.advice,
    }


def _advice(
    connection: Connection, account: Account | None, history: StoredAccount | None, last: int | None
) -> str | None:
    if account is None or history is None:
        return None
    name = quote(history.name)
    anew = f"if it is another account, `tracker accounts rename --history {name} NEW` first"
    if account.base_url != history.base_url:
        return (
            f"its history is from {history.base_url}: if the gateway has only moved, `tracker "
            f"accounts move {name}`; {anew}"
        )
    since = failures.between(connection, history.account_id, since=last)
    if since and since[-1].kind == Kind.OTHER_ACCOUNT:
        return (
            "its token is another user's: give it the right one with `tracker accounts "
            f"set-token {name}`; {anew}"
        )
    return None
