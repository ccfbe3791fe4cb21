"""`tracker db prune`: fewer snapshots of the distant past."""

from typing import TYPE_CHECKING, cast

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import confirm, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    import datetime as dt

    from usage_tracker.pruning import Grain, Plan
    from usage_tracker.store.database import Database


@click.command()
@options.accounts
@click.option("--older-than", required=True, metavar="TIME", help="Older than: 365d, 20250101.")
@click.option(
    "--keep",
    type=click.Choice(["hour", "day"]),
    default="hour",
    show_default=True,
    help="What is to stay exact.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@options.shared
@pass_session
def command(
    session: Session,
    names: tuple[str, ...],
    older_than: str,
    keep: str,
    yes: bool,  # noqa: FBT001
) -> None:
    """Thin the snapshots of the distant past to one an hour or a day.

    Events and the totals and balances of hours (or days) of the configured time zone stay
    exact: the two snapshots around each of their boundaries are kept. What is lost is the
    detail between. It says first what it would do, and asks. A backup before it is a
    good idea: tracker db backup.

    \b
    Example:  tracker db prune --older-than 365d --keep day
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.times import now_ms, parse_moment

    zone = session.zone()
    before = parse_moment(older_than, now_ms(), zone)
    with session.opened() as database:
        plans = _plans(session, database, names, before, (cast("Grain", keep), zone))
        surplus = sum(len(plan.surplus) for plan in plans)
        if surplus and not yes:
            confirm(f"Prune {surplus:,} snapshots for good?")
        pruned = _carry_out(database, plans)
    if session.json:
        echo_json("db-prune", {"accounts": [_body(plan) for plan in plans], "pruned": pruned})
    else:
        from usage_tracker.formatting import count_noun

        session.tell(f"{count_noun(pruned, 'snapshot')} pruned" if pruned else "nothing to prune")


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
        name = visible(plan.account.name)
        session.say(f"{name}: {len(plan.surplus):,} of {count_noun(plan.count, 'snapshot')} can go")
    return plans


def _carry_out(database: "Database", plans: "list[Plan]") -> int:
    from usage_tracker import pruning

    pruned = sum(pruning.carry_out(database, plan) for plan in plans)
    if pruned:
        database.compact()
    return pruned


def _body(plan: "Plan") -> dict[str, str | int]:
    return {"account": plan.account.name, "snapshots": plan.count, "pruned": len(plan.surplus)}
