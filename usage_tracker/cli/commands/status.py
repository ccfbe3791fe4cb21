"""`tracker status`: one line for prompts and status bars."""

import sys
from typing import TYPE_CHECKING

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo, echo_json, wrapped
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import NoHistoryError

if TYPE_CHECKING:
    from usage_tracker.cli.account_status import AccountStatus

INDENT = 2
FORECAST_HORIZON_DAYS = 365


class NoSnapshotsError(NoHistoryError):
    """The database has no snapshots."""

    def __init__(self) -> None:
        super().__init__(
            "no snapshots yet: set up an account with `tracker init`, then run `tracker snapshot`"
        )


@click.command()
@options.accounts
@options.zone
@click.option(
    "--format",
    "template",
    metavar="TEMPLATE",
    callback=options.not_empty,
    help="A template with {fields}, see above.",
)
@options.shared_with_formats
@pass_session
def command(
    session: Session,
    names: tuple[str, ...] = (),
    zone: str | None = None,
    template: str | None = None,
) -> None:
    """Show the balance and days left in one line.

    Uses no network and little time: the last snapshot, the spend of today and of seven
    days, and the forecast of the last report or check, if it is not older than a day;
    without one the days left are those at the rate. Prints one line for each account.
    The exit code is 3 if there is no history.

    \b
    Template fields, as text:
      account balance used spent_today spent_24h rate days_left age captured_at
      runs_out low high (dates; — if no forecast is stored)
    as numbers, which may have a format such as {balance_usd:.0f}:
      balance_usd used_usd spent_today_usd spent_24h_usd usd_per_day days
      age_seconds quota used_quota

    \b
    Example:  tracker status --format '{balance} ({days_left})'
    """  # noqa: D301 (click reads the backspace)
    options.one_format(session, template)
    statuses = _read(session, names, zone)
    if session.json or template == options.JSON:
        from usage_tracker.cli.account_status import as_json

        echo_json("status", {"accounts": [as_json(status) for status in statuses]})
        return
    for status in statuses:
        echo(
            wrapped(_line(status), sys.stdout, INDENT)
            if template is None
            else _filled(template, status)
        )


def _read(session: Session, names: tuple[str, ...], zone: str | None) -> list["AccountStatus"]:
    from usage_tracker.cli import account_status
    from usage_tracker.config.accounts import retired
    from usage_tracker.store import accounts
    from usage_tracker.times import now_ms

    tz = session.zone(zone)
    with session.reading() as connection:
        chosen = accounts.get_many(connection, names)
        left = retired(session.settings.accounts, (each.name for each in chosen))
        current = [each for each in chosen if names or each.name not in left]
        now = now_ms()
        found = account_status.read(connection, current, now, tz)
        found = found or account_status.read(connection, chosen, now, tz)
    if not found:
        raise NoSnapshotsError
    return found


def _filled(template: str, status: "AccountStatus") -> str:
    from usage_tracker.cli.template import fields, fill

    return fill(template, fields(status))


def _line(status: "AccountStatus") -> str:
    from usage_tracker.cli.template import fields, fill

    parts = ("{account}: " + _left(status), "{spent_today} today", _rate(status))
    return fill(", ".join((*parts, "updated {age} ago")), fields(status))


def _left(status: "AccountStatus") -> str:
    from usage_tracker.formatting import dollars

    debt = status.usd(-status.snapshot.quota) or 0.0
    return f"overdrawn by {dollars(debt)}" if debt > 0 else "{balance} left"


def _rate(status: "AccountStatus") -> str:
    if status.usd_per_day is None:
        return "rate not known yet"
    if status.days_left is None:
        return f"nothing in {status.rate_window}"
    rate = f"{{rate}} a day ({status.rate_window})"
    if status.snapshot.quota <= 0:
        return f"{rate}: used up"
    if status.is_refilled:
        return f"{rate}: refilled by itself"
    left = "over a year" if status.days_left > FORECAST_HORIZON_DAYS else "{days_left}"
    return f"{rate}: {left} left"
