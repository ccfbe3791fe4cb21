"""`tracker status`: made for prompts and status bars."""

import sys
from typing import TYPE_CHECKING

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo, echo_json, wrapped
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import NoHistoryError

if TYPE_CHECKING:
    from usage_tracker.cli.account_status import Standing


INDENT = 2
_YEAR = 365


class NoSnapshotsError(NoHistoryError):
    """The database is there, and empty."""

    def __init__(self) -> None:
        super().__init__(
            "no snapshots yet: `tracker snapshot` takes the first, once `tracker init` has set "
            "an account up"
        )


@click.command()
@options.accounts
@options.zone
@click.option(
    "--format",
    "template",
    metavar="TEMPLATE",
    callback=options.not_empty,
    help="The line, with {fields}.",
)
@options.shared_with_formats
@pass_session
def command(
    session: Session,
    names: tuple[str, ...] = (),
    zone: str | None = None,
    template: str | None = None,
) -> None:
    """Tell in one line what is left and how long it lasts.

    Offline and cheap: the last snapshot, the spend of today and of 24 hours, and the
    days left at that rate. One line for each account. It exits with 3 if there is
    no history.

    \b
    Fields of a template, as text:
      account balance used spent_today spent_24h rate days_left age captured_at
    as numbers, which may carry a format such as {balance_usd:.0f}:
      balance_usd used_usd spent_today_usd spent_24h_usd usd_per_day days
      age_seconds quota used_quota

    \b
    Example:  tracker status --format '{balance} ({days_left})'
    """  # noqa: D301 (click reads the backspace)
    options.one_format(session, template)
    standings = _standings(session, names, zone)
    if session.json or template == options.JSON:
        from usage_tracker.cli.account_status import as_json

        echo_json("status", {"accounts": [as_json(standing) for standing in standings]})
        return
    for standing in standings:
        echo(
            wrapped(_line(standing), sys.stdout, INDENT)
            if template is None
            else _filled(template, standing)
        )


def _standings(session: Session, names: tuple[str, ...], zone: str | None) -> list["Standing"]:
    from usage_tracker.cli import account_status
    from usage_tracker.store import accounts
    from usage_tracker.times import now_ms

    tz = session.zone(zone)
    with session.reading() as connection:
        found = account_status.read(connection, accounts.get_many(connection, names), now_ms(), tz)
    if not found:
        raise NoSnapshotsError
    return found


def _filled(template: str, standing: "Standing") -> str:
    from usage_tracker.cli.template import fields, fill

    return fill(template, fields(standing))


def _line(standing: "Standing") -> str:
    from usage_tracker.cli.template import fields, fill

    parts = ("{account}: " + _left(standing), "{spent_today} today", _rate(standing))
    return fill(", ".join((*parts, "seen {age} ago")), fields(standing))


def _left(standing: "Standing") -> str:
    from usage_tracker.formatting import dollars

    debt = standing.usd(-standing.snapshot.quota) or 0.0
    return f"overdrawn by {dollars(debt)}" if debt > 0 else "{balance} left"


def _rate(standing: "Standing") -> str:
    if standing.usd_per_day is None:
        return "rate not known yet"
    if standing.days_left is None:
        return "nothing in 24 h"
    if standing.snapshot.quota <= 0:
        return "{rate} a day (24 h): used up"
    # No further than a forecast looks ahead.
    left = "over a year" if standing.days_left > _YEAR else "{days_left}"
    return f"{{rate}} a day (24 h): {left} to go"
