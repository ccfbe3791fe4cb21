"""`tracker db`: the database itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import click

from usage_tracker.cli import options
from usage_tracker.cli.groups import Group
from usage_tracker.cli.options import shared
from usage_tracker.cli.output import confirm, echo, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    import datetime as dt

    from usage_tracker.pruning import Grain, Plan
    from usage_tracker.store.database import Database
    from usage_tracker.store.integrity import Finding

UPGRADE_DEADLINE: Final = 60.0
"""Seconds to wait for others who use the database."""

RESTORE_DEADLINE: Final = 10.0


@click.group(cls=Group, invoke_without_command=True)
@shared
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show, upgrade, back up, restore, check and prune the database.

    Without a command it shows where the database is.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(path)


@command.command()
@shared
@pass_session
def path(session: Session) -> None:
    """Show where the database is.

    \b
    Example:  sqlite3 "$(tracker db path)" 'select * from snapshot_usd'
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.fs import exists
    from usage_tracker.store.location import resolve

    location = resolve(session.settings.database)
    if session.json:
        found = exists(location.path) if location.is_sqlite else None
        origin = session.settings.origins["database"]
        echo_json("db-path", {"database": str(location), "origin": origin, "exists": found})
    else:
        echo(str(location))


@command.command()
@shared
@pass_session
def upgrade(session: Session) -> None:
    """Upgrade the database to the schema of this version.

    A SQLite file is upgraded by the first command that opens it, after a backup. A
    database on a server is upgraded only by this command: back it up first.
    """
    from usage_tracker.fs import exists
    from usage_tracker.store.errors import NoDatabaseError
    from usage_tracker.store.location import resolve
    from usage_tracker.store.schema import SCHEMA_REVISION
    from usage_tracker.store.upgrade import upgrade

    location = resolve(session.settings.database)
    if location.is_sqlite and not exists(location.path):
        raise NoDatabaseError(location)
    done = upgrade(location, UPGRADE_DEADLINE)
    if session.json:
        before = done.revision if done else SCHEMA_REVISION
        backup = str(done.backup) if done and done.backup else None
        echo_json("db-upgrade", {"from": before, "to": SCHEMA_REVISION, "backup": backup})
    elif done is None:
        session.print_result(f"{location} is at schema {SCHEMA_REVISION}: nothing to do")
    else:
        session.print_result(f"{location}: schema {done.revision or 'none'} -> {SCHEMA_REVISION}")
        if done.backup:
            session.print_result(f"the previous version is kept in {done.backup}")


@command.command()
@click.argument("file", type=options.ExpandedPath(path_type=Path))
@shared
@pass_session
def backup(session: Session, file: Path) -> None:
    """Copy the database, also while others write to it.

    FILE is written completely or not at all, is readable only by you, and must not exist
    yet. A copy is a database like any other: `tracker --db FILE report`.

    \b
    Example:  tracker db backup ~/backups/usage-$(date +%F).db
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.store.backup import back_up
    from usage_tracker.store.location import resolve

    target = back_up(resolve(session.settings.database), file)
    if session.json:
        echo_json("db-backup", {"backup": str(target), "bytes": target.stat().st_size})
    else:
        echo(str(target))


@command.command()
@click.argument("file", metavar="BACKUP", type=options.ExpandedPath(path_type=Path))
@click.option("-y", "--yes", is_flag=True, help="Restore without confirmation.")
@shared
@pass_session
def restore(session: Session, file: Path, *, yes: bool) -> None:
    """Replace the database by a backup.

    BACKUP is checked first. The old database is kept beside the new one, and a damaged one
    is moved aside with its log. Waits for others who write, and then gives up.

    \b
    Example:  tracker db restore ~/backups/usage-2026-11-01.db
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.store.location import resolve
    from usage_tracker.store.restore import restore, verify

    location, source = resolve(session.settings.database), verify(file)
    if not yes:
        confirm(f"Replace {location} by {source}?")
    kept = restore(location, source, RESTORE_DEADLINE)
    if session.json:
        body = {"database": str(location), "backup": str(source)}
        echo_json("db-restore", {**body, "kept": str(kept) if kept else None})
        return
    session.print_result(f"restored {location} from {source}")
    if kept:
        session.print_result(f"the previous version is kept in {kept}")


@command.command()
@shared
@pass_session
@click.pass_context
def check(ctx: click.Context, session: Session) -> None:
    """Check for damage and contradictions.

    Checks the file, its references, rows that cannot be right, and the stored ledger,
    which is recomputed from all snapshots. The exit code is 1 if a problem is found.
    """
    from usage_tracker.store.integrity import check_file, check_rows
    from usage_tracker.store.location import resolve
    from usage_tracker.times import now_ms

    where = resolve(session.settings.database)
    findings = check_file(where)  # first, because a damaged file may not be upgradable
    if not findings:
        with session.opened() as database:
            findings = check_rows(database, now_ms()) or _audit(session, database)
    if session.json:
        found = [{"subject": finding.subject, "message": finding.message} for finding in findings]
        echo_json("db-check", {"database": str(where), "sound": not findings, "findings": found})
    else:
        for finding in findings:
            echo(f"{visible(finding.subject)}: {visible(finding.message)}")
        session.info(f"{where}: {'problems found' if findings else 'no problems'}")
    ctx.exit(1 if findings else 0)


def _audit(session: Session, database: "Database") -> "list[Finding]":
    from usage_tracker.cli.progress import progress_bar
    from usage_tracker.store import accounts, audit, snapshots
    from usage_tracker.store.integrity import Finding

    with database.read() as connection:
        stored = accounts.list_accounts(connection)
        total = sum(snapshots.count(connection, account.account_id) for account in stored)
    with progress_bar(session, "checking the ledger", total) as advance:
        audits = {each.name: audit.audit(database, each, advance) for each in stored}
    return [
        Finding(name, message)
        for name, found in audits.items()
        for message in (found.difference, *map(_stray, found.strays))
        if message is not None
    ]


def _stray(moment: int) -> str:
    from usage_tracker.times import iso

    return (
        f"the snapshot of {iso(moment)} is out of its order (a clock was wrong), and is left out: "
        f"`tracker history remove {iso(moment)}` removes it"
    )


@command.command()
@options.accounts
@click.option("--older-than", required=True, metavar="TIME", help="Age or date: 365d, 20250101.")
@click.option(
    "--keep",
    type=click.Choice(["hour", "day"]),
    default="hour",
    show_default=True,
    help="Which totals stay exact.",
)
@click.option("-y", "--yes", is_flag=True, help="Prune without confirmation.")
@shared
@pass_session
def prune(
    session: Session,
    names: tuple[str, ...],
    older_than: str,
    keep: str,
    yes: bool,  # noqa: FBT001
) -> None:
    """Thin old snapshots to one an hour or a day.

    Events stay, and so do the totals and balances of hours (or days) in the configured
    time zone: the two snapshots around each of their boundaries are kept. The detail in
    between is lost. Of the failures, the first of each kind in each hour (or day) stays.
    Others can write meanwhile. The command shows what it would delete and asks for confirmation.
    Make a backup first: `tracker db backup`.

    \b
    Example:  tracker db prune --older-than 365d --keep day
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.formatting import count_noun
    from usage_tracker.times import now_ms, parse_moment

    zone = session.zone()
    before = parse_moment(older_than, now_ms(), zone)
    with session.opened() as database:
        plans = _plans(session, database, names, before, (cast("Grain", keep), zone))
        surplus = sum(len(plan.surplus) for plan in plans)
        failed = sum(plan.failures for plan in plans)
        if (surplus or failed) and not yes:
            also = f" and {failed:,} failures" if failed else ""
            confirm(f"Delete {surplus:,} snapshots{also} permanently?")
        pruned = _carry_out(database, plans)
    if session.json:
        echo_json("db-prune", {"accounts": [_plan_json(plan) for plan in plans], "pruned": pruned})
    else:
        also = f" and {count_noun(failed, 'failure')}" if failed else ""
        done = f"pruned {count_noun(pruned, 'snapshot')}{also}"
        session.print_result(done if pruned or failed else "nothing to prune")


def _plans(
    session: Session,
    database: "Database",
    names: tuple[str, ...],
    before: int,
    kept: "tuple[Grain, dt.tzinfo]",
) -> "list[Plan]":
    from usage_tracker import pruning
    from usage_tracker.formatting import count_noun
    from usage_tracker.store import accounts

    with database.read() as connection:
        chosen = accounts.get_many(connection, names)
    plans = [pruning.plan(database, account, before, *kept) for account in chosen]
    for plan in plans:
        surplus, total = f"{len(plan.surplus):,}", count_noun(plan.count, "snapshot")
        also = f" and {plan.failures:,} failures" if plan.failures else ""
        session.info(f"{visible(plan.account.name)}: {surplus} of {total}{also} can be deleted")
    return plans


def _carry_out(database: "Database", plans: "list[Plan]") -> int:
    from usage_tracker import pruning

    pruned = sum(pruning.carry_out(database, plan) for plan in plans)
    if pruned or any(plan.failures for plan in plans):
        database.compact()
    return pruned


def _plan_json(plan: "Plan") -> dict[str, str | int]:
    return {
        "account": plan.account.name,
        "snapshots": plan.count,
        "pruned": len(plan.surplus),
        "failures": plan.failures,
    }
