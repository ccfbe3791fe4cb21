"""The accounts that are configured or have a history, with their tokens' sources and advice.

A token is masked. A command that would print one is named and not run.
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
class Token:
    """A token's source; `masked` is None if it was not read, `problem` says why it cannot be."""

    source: str
    where: str
    masked: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An account; `last` is its last snapshot (UTC ms), `advice` how to go on after a refusal."""

    name: str
    configured: Account | None
    token: Token | None
    history: StoredAccount | None
    last: int | None
    advice: str | None


def entries(configured: tuple[Account, ...], connection: Connection | None) -> list[Entry]:
    """Return the configured accounts in their order, then those that only have a history."""
    stored = {a.name: a for a in stored_accounts.list_accounts(connection)} if connection else {}
    latest = snapshots.latest(connection) if connection else {}
    by_name = {account.name: account for account in configured}
    found = []
    for name in by_name | stored:
        account, history = by_name.get(name), stored.get(name)
        snapshot = latest.get(history.account_id) if history else None
        last = snapshot.captured_at if snapshot else None
        advice = _advice(connection, account, history, last) if connection else None
        token = read(account.token) if account else None
        found.append(Entry(name, account, token, history, last, advice))
    return found


def read(source: TokenSource) -> Token:
    """Return where `source` is, with the token masked."""
    match source:
        case TokenFromEnv(variable):
            kind, where = "env", variable
        case TokenFromFile(path):
            kind, where = "file", str(path)
        case TokenFromCommand(command):
            return Token("command", command[0])
    try:
        return Token(kind, where, masked=read_token(source).masked())
    except ConfigError as error:
        return Token(kind, where, problem=str(error))


def describe(token: Token) -> str:
    """Return `fd...cd from TRACKER_TOKEN`; `!` if the token cannot be read."""
    return f"{token.masked or ('!' if token.problem else '(not run)')} from {token.where}"


def as_json(entry: Entry) -> Mapping[str, Any]:
    """Return the account's part of the document."""
    account, history, token = entry.configured, entry.history, entry.token
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
    other = f"if it is another account, run `tracker accounts rename --history {name} NEW` first"
    if account.base_url != history.base_url:
        return (
            f"its history is from {history.base_url}: if the gateway only has a new address, run "
            f"`tracker accounts move {name}`; {other}"
        )
    failed = failures.last(connection, history.account_id, since=last)
    if failed is not None and failed.kind == Kind.OTHER_ACCOUNT:
        return (
            "its token belongs to another user: give it the right one with `tracker accounts "
            f"set-token {name}`; {other}"
        )
    return None
