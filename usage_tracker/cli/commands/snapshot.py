"""`tracker snapshot`: made for cron."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import OutputError, echo_json, say
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.config.accounts import Account
    from usage_tracker.errors import TrackerError
    from usage_tracker.recording import Result
    from usage_tracker.store.database import Database

BY_SEVERITY = (0, 69, 76, 77, 74, 78)
"""Of several accounts the most serious exit code counts."""


@click.command()
@options.accounts
@click.option(
    "--deadline",
    type=options.Number(1, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up an account after so long.",
)
@click.option("--notify", is_flag=True, help="Tell those in [notify] what has changed.")
@options.shared
@pass_session
@click.pass_context
def command(
    ctx: click.Context, session: Session, names: tuple[str, ...], deadline: float, *, notify: bool
) -> None:
    """Ask every gateway once and keep the answers.

    Made for cron: one line for each account (failures alone with --quiet), every
    failure recorded, and an exit code that tells what went wrong: 69 the gateway is
    unavailable, 74 the database could not be written, 76 not the documented answer,
    77 the token was refused, 78 nothing (or nonsense) is configured.

    \b
    Example:  */10 * * * *  tracker snapshot --quiet
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.recording import capture

    accounts = session.settings.select(names)
    session.say_notes()
    told = announce(session) if notify else ()
    results, broken = [], None
    with opened(session, deadline, notify=notify) as database:
        session.say_upgrade(database)
        before = units(database)
        for result in capture(database, accounts, deadline=deadline):
            results.append(result)
            try:
                tell(session, result)
                say_new_unit(session, result, before)
            except (OutputError, BrokenPipeError) as error:
                broken = error  # nobody listens, but the other answers are still to be stored
        if notify:
            spread(session, database, results, told)
    if broken is not None:
        raise broken
    if session.json:
        echo_json("snapshot", {"accounts": in_order(results, accounts)})
    ctx.exit(exit_code(results))


@contextmanager
def opened(session: Session, deadline: float, *, notify: bool) -> "Iterator[Database]":
    """The database; if it cannot be opened, the dead man's switch learns that the run failed."""
    from usage_tracker.errors import TrackerError
    from usage_tracker.store.database import Database

    try:
        database = Database.open(session.settings.database, deadline=deadline)
    except TrackerError as error:
        if notify:
            give_up(session, error)
        raise
    with database:
        yield database


def units(database: "Database") -> dict[str, int]:
    """How many units make a dollar of each account so far, as far as that can be read."""
    from usage_tracker.errors import DatabaseError
    from usage_tracker.store.accounts import list_accounts

    try:
        with database.read() as connection:
            return {account.name: account.quota_per_unit for account in list_accounts(connection)}
    except DatabaseError:
        return {}


def say_new_unit(session: Session, result: "Result", before: Mapping[str, int]) -> None:
    """Say that dollars, those of the past too, are worth something else from now on."""
    account = result.account
    old, new = before.get(account.name), account.quota_per_unit
    if result.captured_at is not None and old not in {None, new}:
        session.say(
            f"note: {visible(account.name)} now has {new:,} units to the dollar instead of "
            f"{old:,} (quota_per_unit): all its dollars, past ones included, are told by that"
        )


def in_order(results: Sequence["Result"], accounts: Sequence["Account"]) -> list[dict[str, Any]]:
    """The accounts' parts of the document, in the configuration's order."""
    by_name = {result.account.name: result for result in results}
    return [as_json(by_name[account.name]) for account in accounts]


def tell(session: Session, result: "Result") -> None:
    """One line: a stored answer on stdout, a failure on stderr."""
    name = visible(result.account.name)
    if result.error is not None:
        say(f"tracker: {name}: {visible(str(result.error))}")
    else:
        session.tell(f"{name}: {_summary(result)}")


def announce(session: Session) -> tuple[str, ...]:
    """Tell the dead man's switch that a run begins; what went wrong with that."""
    from usage_tracker.monitoring.hooks import before_snapshot

    problems = before_snapshot(session.settings)
    for problem in problems:
        say(f"tracker: notify: {visible(problem)}")
    return problems


def give_up(session: Session, error: "TrackerError") -> None:
    """Tell the dead man's switch that nobody could be asked."""
    from usage_tracker.monitoring.hooks import no_snapshot

    for problem in no_snapshot(session.settings, error):
        say(f"tracker: notify: {visible(problem)}")


def spread(
    session: Session, database: "Database", results: Sequence["Result"], told: Sequence[str]
) -> None:
    """Tell people what has changed, and the dead man's switch how the run went.

    What went wrong and was `told` already is not told again.
    """
    from usage_tracker.monitoring.hooks import after_snapshot
    from usage_tracker.times import now_ms

    problems = after_snapshot(database, session.settings, results, now_ms())
    for problem in (each for each in problems if each not in told):
        say(f"tracker: notify: {visible(problem)}")


def as_json(result: "Result") -> dict[str, Any]:
    """The account's part of the document."""
    from usage_tracker.times import iso

    stored = result.answer if result.captured_at is not None else None
    return {
        "account": result.account.name,
        "status": "stored" if stored else "failed",
        "captured_at": iso(result.captured_at) if result.captured_at is not None else None,
        "quota": stored.quota if stored else None,
        "used_quota": stored.used_quota if stored else None,
        "error": _error(result),
    }


def exit_code(results: Sequence["Result"]) -> int:
    """The most serious of all."""
    codes = (result.error.sysexit for result in results if result.error is not None)
    return max(codes, key=BY_SEVERITY.index, default=0)


def _error(result: "Result") -> dict[str, Any] | None:
    from usage_tracker.recording import error_kind

    if result.error is None:
        return None
    return {
        "kind": error_kind(result.error),
        "http_status": getattr(result.error, "http_status", None),
        "message": str(result.error),
    }


def _summary(result: "Result") -> str:
    from usage_tracker.formatting import dollars
    from usage_tracker.money import usd

    answer, worth = result.answer, result.account.quota_per_unit
    if answer is None:
        return ""
    left, used = usd(answer.quota, worth), usd(answer.used_quota, worth)
    return f"{dollars(left)} left, {dollars(used)} used"
