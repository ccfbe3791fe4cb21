"""`tracker accounts`: the accounts in the configuration and in the database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli.account_options import account_table
from usage_tracker.cli.groups import Group
from usage_tracker.cli.options import shared
from usage_tracker.cli.output import confirm, echo, echo_columns, echo_json, wrapped
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError, NoHistoryError, TrackerError
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.cli.account_list import Entry

HEADER = ("account", "gateway", "last snapshot", "token")


class AccountExistsError(MisuseError):
    """The name of a new account is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is an account {name!r} already: choose another name, or give it a new token "
            f"with `tracker accounts set-token {quote(name)}`"
        )


class NotConfiguredError(MisuseError):
    """An account to change is not in the configuration."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no [[account]] {name!r} in the configuration: `tracker accounts` lists "
            "them, `tracker init` adds the one of the environment"
        )


class RemovedAlreadyError(MisuseError):
    """An account to remove has only a history."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} is not in the configuration any more; its history is still stored: "
            f"`tracker accounts remove {quote(name)} --purge` deletes it"
        )


class UnknownAccountError(MisuseError):
    """An account to rename is neither configured nor stored."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account {name!r}: `tracker accounts` lists them")


class EnvironmentAccountError(MisuseError):
    """The account of the environment cannot be renamed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} comes from the environment and cannot be renamed: `tracker init` writes it "
            "into the configuration; --history renames only what is stored"
        )


@click.group(cls=Group, invoke_without_command=True)
@shared
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, add, rename and remove accounts.

    Without a command it lists them.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_accounts)


@command.command("list")
@shared
@pass_session
def list_accounts(session: Session) -> None:
    """Show every account, its token's source and its last snapshot.

    Tokens are masked. If an answer was refused because it belongs to another account, the
    list says how to continue.
    """
    from usage_tracker.cli.account_list import as_json

    entries = _entries(session)
    session.print_notes()
    if session.json:
        echo_json("accounts", {"accounts": [as_json(entry) for entry in entries]})
        return
    if not entries:
        session.info("no account is configured: run `tracker init`, or set TRACKER_TOKEN")
        return
    echo_columns([HEADER, *map(_row, entries)])
    for line in _remarks(entries):
        echo(wrapped(line, sys.stdout))


def _entries(session: Session) -> "list[Entry]":
    from usage_tracker.cli.account_list import entries

    try:
        with session.reading() as connection:
            return entries(session.settings.accounts, connection)
    except NoHistoryError:
        return entries(session.settings.accounts, None)


def _row(entry: "Entry") -> tuple[str, ...]:
    from usage_tracker.cli.account_list import describe
    from usage_tracker.formatting import duration
    from usage_tracker.times import SECOND, now_ms

    account = entry.configured or entry.history
    last = "none yet"
    if entry.last is not None:
        last = f"{duration((now_ms() - entry.last) // SECOND)} ago"
    token = describe(entry.token) if entry.token else "none (history only)"
    return (entry.name, account.base_url if account else "", last, token)


def _remarks(entries: "list[Entry]") -> Iterator[str]:
    for entry in entries:
        problem = entry.token.problem if entry.token else None
        for remark in filter(None, (problem, entry.advice)):
            yield f"\n{visible(entry.name)}: {visible(remark)}"


@command.command()
@click.argument("name")
@account_table
@shared
@pass_session
def add(session: Session, name: str, table: dict[str, Any]) -> None:
    """Try another account and add it to the configuration.

    Prompts for the gateway, unless --base-url names it, and for the key (hidden). Without a
    terminal the key is read from stdin, or taken from TRACKER_TOKEN. The answer is stored as
    the account's first snapshot; if the call fails, nothing is written.

    \b
    Example:  tracker accounts add work --base-url https://gateway.example.com
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli import account_setup

    settings = session.load(creating=True)
    if settings.table(name):
        raise AccountExistsError(name)
    if "base_url" not in table:
        table = {"base_url": account_setup.prompt_for_gateway(session, settings, name), **table}
    added = account_setup.set_up(session, name, table)
    account_setup.print_added(session, "accounts-add", added)
    for note in session.load().notes:
        session.info(f"note: {note}")


@command.command()
@click.argument("name")
@account_table
@shared
@pass_session
def set_token(session: Session, name: str, table: dict[str, Any]) -> None:
    """Give an account a new token, after trying it.

    The key is prompted for (hidden), or read from stdin, or taken from TRACKER_TOKEN. It is
    refused if it belongs to another user than the history. The options change other
    settings of the account along with it.

    \b
    Example:  pass show aihubmix | tracker accounts set-token default
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli import account_setup

    if not session.settings.table(name):
        raise NotConfiguredError(name)
    added = account_setup.set_up(session, name, table, ask_unit=False)
    account_setup.print_added(session, "accounts-set-token", added)


@command.command()
@click.argument("name")
@click.argument("new")
@click.option("--history", "history_only", is_flag=True, help="Rename only what is stored.")
@shared
@pass_session
def rename(session: Session, name: str, new: str, *, history_only: bool) -> None:
    """Rename an account in the configuration and the history.

    With --history the configured account keeps its name, and its next snapshot begins a
    new history: use it when a token now belongs to another user.

    \b
    Example:  tracker accounts rename --history default before-2026
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.config import editing

    settings = session.settings
    configured = bool(settings.table(name)) and not history_only
    if not (configured or history_only) and any(a.name == name for a in settings.accounts):
        raise EnvironmentAccountError(name)
    with _renamed_history(session, name, new) as stored:
        if configured:
            editing.update_account(settings.path, name, {"name": new})
        elif not stored:
            raise UnknownAccountError(name)
    if session.json:
        body = {"account": name, "name": new, "configured": configured, "history": stored}
        echo_json("accounts-rename", body)
    session.info(f"renamed {name} to {new}" if new != name else f"{name} already has that name")


@contextmanager
def _renamed_history(session: Session, name: str, new: str) -> Iterator[bool]:
    """Rename a stored history, if there is one; roll back if the body raises."""
    from usage_tracker.fs import exists
    from usage_tracker.store import accounts
    from usage_tracker.store.location import resolve

    location = resolve(session.settings.database)
    if location.is_sqlite and not exists(location.path):
        yield False
        return
    with session.opened() as database, database.write() as connection:
        stored = accounts.find(connection, name) is not None
        if stored:
            accounts.rename(connection, name, new)
        yield stored


@command.command()
@click.argument("name")
@shared
@pass_session
def move(session: Session, name: str) -> None:
    """Continue an account's history at its gateway's new address.

    A history belongs to one gateway, and answers from another base_url are refused. Set
    the new base_url in the configuration first, then run this.
    """
    from usage_tracker.store import accounts

    base_url = session.settings.account(name).base_url
    with session.opened() as database, database.write() as connection:
        accounts.move(connection, name, base_url)
    if session.json:
        echo_json("accounts-move", {"account": name, "base_url": base_url})
    session.info(f"the history of {name} continues at {base_url}")


@command.command()
@click.argument("name")
@click.option("--purge", is_flag=True, help="Delete its history too, permanently.")
@click.option("-y", "--yes", is_flag=True, help="Purge without confirmation.")
@shared
@pass_session
def remove(session: Session, name: str, *, purge: bool, yes: bool) -> None:
    """Remove an account; keep its history unless purged.

    A key file that `tracker` wrote is deleted; a file of your own is not.
    """
    configured = bool(session.settings.table(name))
    known = any(account.name == name for account in session.settings.accounts)
    if not (known or purge) and _is_stored(session, name):
        raise RemovedAlreadyError(name)
    if purge and not yes:
        confirm(f"Delete the whole history of {visible(name)}? This cannot be undone.")
    deleted = _purge(session, name, may_lack=configured) if purge else None
    if configured or not purge:
        _remove_configured(session, name)
        if not purge and _is_stored(session, name):
            session.info("its history is still stored: --purge deletes it too")
    if session.json:
        body = {"account": name, "configured": configured, "deleted_snapshots": deleted}
        echo_json("accounts-remove", body)


def _is_stored(session: Session, name: str) -> bool:
    from usage_tracker.store import accounts

    try:
        with session.reading() as connection:
            return accounts.find(connection, name) is not None
    except TrackerError:  # a broken database must not keep an account from being removed
        return False


def _purge(session: Session, name: str, *, may_lack: bool) -> int:
    """Delete a history; return its number of snapshots, or 0 if it `may_lack` and does."""
    from usage_tracker.formatting import count_noun
    from usage_tracker.store import accounts

    try:
        with session.opened() as database, database.write() as connection:
            if may_lack and accounts.find(connection, name) is None:
                return 0
            count = accounts.remove(connection, name)
    except NoHistoryError:
        if not may_lack:
            raise
        return 0
    session.info(f"deleted the history of {name} ({count_noun(count, 'snapshot')})")
    return count


def _remove_configured(session: Session, name: str) -> None:
    from usage_tracker.config import editing
    from usage_tracker.config.accounts import TokenFromFile

    account, path = session.settings.account(name), session.settings.path
    editing.remove_account(path, name)
    if isinstance(account.token, TokenFromFile) and editing.remove_key(path, account.token.path):
        session.info(f"deleted its key file {account.token.path}")
    session.info(f"removed {name} from {path}; its key is still valid at the gateway")
