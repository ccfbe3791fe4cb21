"""`tracker snapshot`: one call per account, for cron."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.error_handling import print_traceback
from usage_tracker.cli.log import rotate
from usage_tracker.cli.output import OutputError, echo_json, print_stderr
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.config.accounts import Account
    from usage_tracker.errors import TrackerError
    from usage_tracker.monitoring.ping import PendingPing
    from usage_tracker.recording import Result
    from usage_tracker.store.database import Database

BY_SEVERITY = (0, 69, 76, 77, 1, 74, 78)
"""Exit codes, the most serious last: with several accounts the most serious one counts."""


@click.command()
@options.accounts
@click.option(
    "--deadline",
    type=options.Number(1, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up on an account after this time.",
)
@click.option("--notify", is_flag=True, help="Send notifications of changes, see [notify].")
@click.option("--dry-run", is_flag=True, help="Check settings, keys and the database's directory.")
@options.shared
@pass_session
@click.pass_context
def command(
    ctx: click.Context,
    session: Session,
    names: tuple[str, ...],
    deadline: float,
    *,
    notify: bool,
    dry_run: bool,
) -> None:
    """Request every account's balance once and store it.

    Prints one line for each account (with --quiet only failures) and records every
    failure. The exit code says what failed: 69 the gateway is unavailable, 74 the
    database could not be written, 76 the answer is not the documented one, 77 the token
    was refused, 78 the configuration is missing or invalid, 1 a bug in this program.
    With --dry-run nothing is requested, stored or sent.

    \b
    Example:  */10 * * * *  tracker snapshot --quiet
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.recording import capture

    rotate()
    accounts = session.settings.select(names)
    session.print_notes()
    if dry_run:
        ctx.exit(_dry_run(session, accounts))
    started = _ping_start(session) if notify else None
    results, broken = [], None
    with _opened(session, deadline, started) as database:
        session.print_upgrade(database)
        _print_upgrade_problem(database)
        before = _units(database)
        for result in capture(database, accounts, deadline=deadline):
            results.append(result)
            try:
                print_result(session, result)
                _print_new_unit(session, result, before)
            except (OutputError, BrokenPipeError) as error:
                broken = error  # the other answers must be stored all the same
        if started is not None:
            _notify(session, database, results, started)
    if broken is not None:
        raise broken
    if session.json:
        echo_json("snapshot", {"accounts": _in_order(results, accounts)})
    ctx.exit(_exit_code(results))


def _dry_run(session: Session, accounts: Sequence["Account"]) -> int:
    """Check what a snapshot needs, without the network; return the exit code."""
    from usage_tracker.config.credentials import read_token
    from usage_tracker.errors import ConfigError
    from usage_tracker.recording import Result
    from usage_tracker.store.location import resolve
    from usage_tracker.store.preflight import check_writable

    check_writable(resolve(session.settings.database))
    results = []
    for account in accounts:
        try:
            read_token(account.token)
        except ConfigError as error:
            results.append(Result(account, error=error))
            print_result(session, results[-1])
        else:
            results.append(Result(account))
            session.print_result(f"{visible(account.name)}: ready")
    if session.json:
        ready = {"status": "ready"}
        echo_json(
            "snapshot",
            {"accounts": [_as_json(each) | (ready if not each.error else {}) for each in results]},
        )
    return _exit_code(results)


@contextmanager
def _opened(
    session: Session, deadline: float, started: "PendingPing | None"
) -> "Iterator[Database]":
    """Open the database; if that fails, ping the dead man's switch that the run failed."""
    from usage_tracker.errors import TrackerError
    from usage_tracker.store.database import Database

    try:
        database = Database.open(session.settings.database, capturing=True, deadline=deadline)
    except TrackerError as error:
        if started is not None:
            _ping_failure(session, error, started)
        raise
    with database:
        yield database


def _print_upgrade_problem(database: "Database") -> None:
    """Print that the snapshots are stored, though the schema could not be upgraded."""
    if database.upgrade_problem is not None:
        problem = visible(str(database.upgrade_problem))
        print_stderr(
            f"tracker: not upgraded: {problem}; snapshots are stored in the older form, which "
            "other commands cannot read until `tracker db upgrade`"
        )


def _units(database: "Database") -> dict[str, float]:
    """Return the stored units to the dollar of each account, as far as they can be read."""
    from usage_tracker.errors import DatabaseError
    from usage_tracker.store.accounts import list_accounts

    try:
        with database.read() as connection:
            return {account.name: account.quota_per_unit for account in list_accounts(connection)}
    except DatabaseError:
        return {}


def _print_new_unit(session: Session, result: "Result", before: Mapping[str, float]) -> None:
    """Print that dollar amounts change, those of the past too."""
    account = result.account
    old, new = before.get(account.name), account.quota_per_unit
    if result.captured_at is not None and old not in {None, new}:
        session.info(
            f"note: {visible(account.name)} now has {new:,} units to the dollar instead of "
            f"{old:,} (quota_per_unit): all its dollar amounts, past ones included, use that"
        )


def _in_order(results: Sequence["Result"], accounts: Sequence["Account"]) -> list[dict[str, Any]]:
    """Return the accounts' parts of the document, in the configuration's order."""
    by_name = {result.account.name: result for result in results}
    return [_as_json(by_name[account.name]) for account in accounts]


def print_result(session: Session, result: "Result") -> None:
    """Print a stored answer to stdout, a failure to stderr, and a note on its moment there."""
    name = visible(result.account.name)
    if result.error is not None:
        print_traceback(result.error)
        print_stderr(f"tracker: {name}: {visible(str(result.error))}")
    else:
        session.print_result(f"{name}: {_summary(result)}")
    if result.arrival is not None and result.arrival.note is not None:
        print_stderr(f"tracker: {name}: {visible(result.arrival.note)}")


def _ping_start(session: Session) -> "PendingPing":
    """Begin to ping the dead man's switch that a run starts."""
    from usage_tracker.monitoring.hooks import before_snapshot

    return before_snapshot(session.settings)


def _ping_failure(session: Session, error: "TrackerError", started: "PendingPing") -> None:
    """Ping the dead man's switch that the run failed as a whole."""
    from usage_tracker.monitoring.hooks import no_snapshot

    _print_problems(no_snapshot(session.settings, error, started))


def _notify(
    session: Session, database: "Database", results: Sequence["Result"], started: "PendingPing"
) -> None:
    """Send notifications of changes, and ping the dead man's switch with the outcome."""
    from usage_tracker.monitoring.hooks import after_snapshot
    from usage_tracker.recording import clock_ahead
    from usage_tracker.times import now_ms

    now = now_ms() - clock_ahead(results)
    _print_problems(after_snapshot(database, session.settings, results, now, started))


def _print_problems(problems: Sequence[str]) -> None:
    for problem in problems:
        print_stderr(f"tracker: notify: {visible(problem)}")


def _as_json(result: "Result") -> dict[str, Any]:
    """Return the account's part of the document."""
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


def _exit_code(results: Sequence["Result"]) -> int:
    """Return the most serious exit code."""
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
