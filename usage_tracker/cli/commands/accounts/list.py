"""`tracker accounts list`."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo, echo_columns, echo_json, wrapped
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import NoHistoryError
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.cli.account_list import Entry

HEADER = ("account", "gateway", "last snapshot", "token")


@click.command()
@shared
@pass_session
def command(session: Session) -> None:
    """Show every account, where its token comes from, and its history.

    Tokens are masked. Where an answer was refused because it was another account's, it
    tells how to go on.
    """
    from usage_tracker.cli.account_list import as_json

    entries = _entries(session)
    session.say_notes()
    if session.json:
        echo_json("accounts", {"accounts": [as_json(entry) for entry in entries]})
        return
    if not entries:
        session.say("no account is configured: run `tracker init`, or set TRACKER_TOKEN")
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
    account, history = entry.configured, entry.history
    gateway = account.base_url if account else history.base_url if history else ""
    return (entry.name, gateway, _last(entry), _token(entry))


def _token(entry: "Entry") -> str:
    from usage_tracker.cli.account_list import in_words, origin

    if entry.configured is None:
        return "none (history only)"
    return in_words(origin(entry.configured.token))


def _last(entry: "Entry") -> str:
    from usage_tracker.formatting import duration
    from usage_tracker.times import SECOND, now_ms

    if entry.last is None:
        return "none yet"
    return f"{duration((now_ms() - entry.last) // SECOND)} ago"


def _remarks(entries: "list[Entry]") -> Iterator[str]:
    from usage_tracker.cli.account_list import origin

    for entry in entries:
        problem = origin(entry.configured.token).problem if entry.configured else None
        for remark in filter(None, (problem, entry.advice)):
            yield f"\n{visible(entry.name)}: {visible(remark)}"
