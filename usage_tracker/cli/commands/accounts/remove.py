"""`tracker accounts remove`."""

from shlex import quote

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import confirm, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError, NoHistoryError, TrackerError
from usage_tracker.formatting import visible


class RemovedAlreadyError(MisuseError):
    """An account of which only the history is left."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} is configured no more; its history is still there: "
            f"`tracker accounts remove {quote(name)} --purge` deletes it"
        )


@click.command()
@click.argument("name")
@click.option("--purge", is_flag=True, help="Delete its history as well, for good.")
@click.option("-y", "--yes", is_flag=True, help="Purge without asking.")
@shared
@pass_session
def command(session: Session, name: str, *, purge: bool, yes: bool) -> None:
    """Take an account out; its history stays unless purged.

    A key file that `tracker` wrote is deleted; one of your own is not.
    """
    configured = bool(session.settings.table(name))
    known = any(account.name == name for account in session.settings.accounts)
    if not (known or purge) and _is_stored(session, name):
        raise RemovedAlreadyError(name)
    if purge and not yes:
        confirm(f"Delete the whole history of {visible(name)}? It cannot be brought back.")
    deleted = _purge(session, name, may_lack=configured) if purge else None
    if configured or not purge:
        _remove(session, name)
        if not purge and _is_stored(session, name):
            session.say("its history is still there: --purge deletes that too")
    if session.json:
        body = {"account": name, "configured": configured, "deleted_snapshots": deleted}
        echo_json("accounts-remove", body)


def _is_stored(session: Session, name: str) -> bool:
    from usage_tracker.store import accounts

    try:
        with session.reading() as connection:
            return accounts.find(connection, name) is not None
    except TrackerError:  # whatever is wrong with the database, an account can be taken out
        return False


def _purge(session: Session, name: str, *, may_lack: bool) -> int:
    """Delete the history; how many snapshots that was."""
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
    session.say(f"deleted the history of {name} ({count_noun(count, 'snapshot')})")
    return count


def _remove(session: Session, name: str) -> None:
    from usage_tracker.config import editing
    from usage_tracker.config.accounts import TokenFromFile

    account = session.settings.account(name)
    editing.remove_account(session.settings.path, name)
    key = account.token.path if isinstance(account.token, TokenFromFile) else None
    if key is not None and editing.remove_key(session.settings.path, key):
        session.say(f"deleted its key file {key}")
    session.say(f"removed {name} from {session.settings.path}; its key at the gateway still works")
