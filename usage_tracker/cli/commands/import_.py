"""`tracker import`: histories from files and other databases."""

from typing import TYPE_CHECKING

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.store.importing.account_spec import AccountSpec

STDIN = "/dev/stdin"
KEPT_OWN_EVENTS = (
    "the stored events of the pruned time were not imported, because the account "
    "has snapshots or events of its own of that time"
)


@click.command()
@click.argument("source", metavar="FILE|DB", callback=options.not_empty)
@options.one_account
@options.shared
@pass_session
def command(session: Session, source: str, name: str | None) -> None:
    """Import snapshots from a CSV or JSONL file or another database.

    \b
    CSV     the header is captured_at,quota,used_quota[,request_count]; times are
            ISO 8601 with an offset, or epoch seconds or milliseconds
    JSONL   {"captured_at": ..., "response": {the whole answer}} in each line
    DB      another tracker database, a file or a URL, with all its accounts

    Either everything is imported or nothing; to repeat an import changes nothing. A row
    that contradicts a stored one is an error. Without --account a file is imported into
    the account that it names, or else into "default". The file "-" is stdin.

    \b
    Example:  tracker import old-log.csv --account work
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.progress import progress_bar
    from usage_tracker.formatting import count_noun, visible
    from usage_tracker.store.importing.merge import merge
    from usage_tracker.store.importing.run import stage

    session.note_password(source)
    path = STDIN if source == "-" else source
    with (
        progress_bar(session, "reading") as progress,
        stage(path, _account_spec(session, name), progress) as staging,
        # Last, so that a file that cannot be imported does not leave an empty database.
        session.opened(create=True) as database,
    ):
        done = merge(database, staging)
    for account in done.kept_own_events:
        session.info(f"note: {visible(account)}: {KEPT_OWN_EVENTS}")
    if session.json:
        body = {"accounts": list(done.accounts), "read": done.read, "added": done.added}
        echo_json("import", {**body, "failures": done.failures})
        return
    accounts = ", ".join(map(visible, done.accounts)) or "no account"
    known = done.read - done.added
    skipped = f" ({known:,} already stored)" if known else ""
    session.print_result(f"{accounts}: imported {count_noun(done.added, 'snapshot')}{skipped}")


def _account_spec(session: Session, name: str | None) -> "AccountSpec":
    """Return the account as configured, to complete what a file omits."""
    from usage_tracker.store.importing.account_spec import AccountSpec

    for account in session.settings.accounts:
        if account.name == name:
            return AccountSpec(account.name, account.base_url, account.quota_per_unit)
    return AccountSpec(name)
