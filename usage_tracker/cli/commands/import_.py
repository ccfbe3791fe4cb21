"""`tracker import`: histories from elsewhere."""

from typing import TYPE_CHECKING

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.store.importing.account_spec import AccountSpec

STDIN = "/dev/stdin"
KEPT_OWN_EVENTS = (
    "the events of the pruned time were not imported, because the account has snapshots or "
    "events of its own of that time"
)


@click.command()
@click.argument("source", metavar="FILE|DB", callback=options.not_empty)
@options.one_account
@options.shared
@pass_session
def command(session: Session, source: str, name: str | None) -> None:
    """Take in snapshots from a CSV or JSONL file or another database.

    \b
    CSV     captured_at,quota,used_quota[,request_count], with that line as its head;
            times are ISO 8601 with an offset, or epoch seconds or milliseconds
    JSONL   {"captured_at": ..., "response": {the gateway's whole answer}} a line
    DB      another tracker database, a file or a URL, with all its accounts

    All of it goes in, or nothing; to do it again changes nothing. A row that contradicts
    a stored one is an error. Without --account a file's history goes to the account it
    names, or else to "default"; - reads stdin.

    \b
    Example:  tracker import old-log.csv --account work
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.progress import shown
    from usage_tracker.formatting import count_noun, visible
    from usage_tracker.store.importing.merge import merge
    from usage_tracker.store.importing.run import stage

    place = STDIN if source == "-" else source
    with (
        shown(session, "reading") as progress,
        stage(place, _account_spec(session, name), progress) as staging,
        # Only now: what cannot be imported is not to leave an empty database behind.
        session.opened(create=True) as database,
    ):
        done = merge(database, staging)
    for account in done.kept_own_events:
        session.say(f"note: {visible(account)}: {KEPT_OWN_EVENTS}")
    if session.json:
        body = {"accounts": list(done.accounts), "read": done.read, "added": done.added}
        echo_json("import", {**body, "failures": done.failures})
        return
    accounts = ", ".join(map(visible, done.accounts)) or "no account"
    verb = "is" if 1 in {done.added, done.read} else "are"
    session.tell(f"{accounts}: {done.added:,} of {count_noun(done.read, 'snapshot')} {verb} new")


def _account_spec(session: Session, name: str | None) -> "AccountSpec":
    """The account as it is configured, so that what a file leaves out is right."""
    from usage_tracker.store.importing.account_spec import AccountSpec

    for account in session.settings.accounts:
        if account.name == name:
            return AccountSpec(account.name, account.base_url, account.quota_per_unit)
    return AccountSpec(name)
