"""`tracker db check`."""

from typing import TYPE_CHECKING

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo, echo_json
from usage_tracker.cli.progress import shown
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.store.database import Database
    from usage_tracker.store.integrity import Finding


@click.command()
@shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:
    """Look for damage and contradictions.

    The file, its references, rows that cannot be right, and what the ledger remembers,
    which is computed anew from all snapshots. Exits with 1 if anything is found.
    """
    from usage_tracker.store.integrity import check
    from usage_tracker.times import now_ms

    with session.opened() as database:
        findings = check(database, now_ms()) or _audit(session, database)
        where = str(database.location)
    if session.json:
        found = [{"subject": finding.subject, "message": finding.message} for finding in findings]
        echo_json("db-check", {"database": where, "sound": not findings, "findings": found})
    else:
        for finding in findings:
            echo(f"{visible(finding.subject)}: {visible(finding.message)}")
        session.say(f"{where} is {'damaged or contradictory' if findings else 'sound'}")
    ctx.exit(1 if findings else 0)


def _audit(session: Session, database: "Database") -> "list[Finding]":
    from usage_tracker.store import accounts, audit, snapshots
    from usage_tracker.store.integrity import Finding

    with database.read() as connection:
        stored = accounts.list_accounts(connection)
        total = sum(snapshots.count(connection, account.account_id) for account in stored)
    with shown(session, "checking the ledger", total) as advance:
        told = {account.name: audit.audit(database, account, advance) for account in stored}
    return [Finding(name, problem) for name, problem in told.items() if problem is not None]
