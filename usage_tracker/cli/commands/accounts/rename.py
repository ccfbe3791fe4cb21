"""`tracker accounts rename`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError


class NothingToRenameError(MisuseError):
    """Neither configured nor stored."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account {name!r}: `tracker accounts` lists them")


class EnvironmentAccountError(MisuseError):
    """The environment's account has no other name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} comes from the environment and keeps its name: `tracker init` writes it "
            "into the configuration; --history renames what is stored alone"
        )


@click.command()
@click.argument("name")
@click.argument("new")
@click.option(
    "--history", "history_only", is_flag=True, help="Rename what is stored, not the configuration."
)
@shared
@pass_session
def command(session: Session, name: str, new: str, *, history_only: bool) -> None:
    """Give an account another name, in configuration and history.

    With --history the configured account keeps its name, and the next snapshot begins a
    new history for it: that is how to go on when a token has become another user's.

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
            raise NothingToRenameError(name)
    if session.json:
        body = {"account": name, "name": new, "configured": configured, "history": stored}
        echo_json("accounts-rename", body)
    session.say(f"{name} is now {new}" if new != name else f"{name} is its name already")


@contextmanager
def _renamed_history(session: Session, name: str, new: str) -> Iterator[bool]:
    """Rename what is stored, if anything is, but only if what is done within goes well."""
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
