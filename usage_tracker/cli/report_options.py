"""Options of the reporting commands, and the report that they select."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from usage_tracker.cli.session import Session
from usage_tracker.errors import NoHistoryError
from usage_tracker.times import iso

if TYPE_CHECKING:
    from usage_tracker.analysis.calendar import By
    from usage_tracker.reporting import Detail, Report
    from usage_tracker.reporting.query import ReportQuery

Command = TypeVar("Command", bound=Callable[..., Any])

BYS = ("hour", "day", "week", "month")


class NothingToReportError(NoHistoryError):
    """The accounts have no snapshots, or none up to `as_of`."""

    def __init__(self, as_of: int | None = None) -> None:
        if as_of is None:
            super().__init__("no snapshots yet: `tracker snapshot` takes the first")
        else:
            super().__init__(f"there are no snapshots up to {iso(as_of)}: use a later --as-of")


@dataclass(frozen=True, slots=True)
class Span:
    """The window of a report as the options give it."""

    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    by: str = "day"
    zone: str | None = None


def window(function: Command) -> Command:
    """Add --since and --until."""
    function = click.option(
        "-u", "--until", metavar="TIME", help="End of the report.  [default: now]"
    )(function)
    return click.option(
        "-s",
        "--since",
        metavar="TIME",
        help="Start of the report: 7d, yesterday, 20261123.  [default: 30d]",
    )(function)


as_of = click.option("--as-of", metavar="TIME", help="Use no later snapshots.  [default: now]")

by = click.option(
    "--by", type=click.Choice(BYS), default="day", show_default=True, help="Length of the periods."
)


def query(session: Session, span: Span) -> "tuple[ReportQuery, str]":
    """Return the window, and the name of its time zone."""
    from usage_tracker.config.zone import zone_or_local
    from usage_tracker.reporting.query import ReportQuery
    from usage_tracker.times import now_ms, parse_moment, zone_name

    tz = zone_or_local(span.zone or session.settings.timezone)
    now = now_ms()
    known = now if span.as_of is None else min(parse_moment(span.as_of, now, tz), now)
    start, end = (
        None if text is None else parse_moment(text, known, tz) for text in (span.since, span.until)
    )
    return ReportQuery.of(known, start, end, cast("By", span.by), tz), zone_name(tz)


def fetch(
    session: Session, names: tuple[str, ...], span: Span, details: "Detail | None" = None
) -> "Report":
    """Return the report on the accounts called `names`, or on all, with some or all `details`.

    Raises:
        NothingToReportError: There are no snapshots.
    """
    report = fetch_any(session, names, span, details)
    if all(account.balance is None for account in report.accounts):
        raise nothing(report, span)
    return report


def fetch_any(
    session: Session, names: tuple[str, ...], span: Span, details: "Detail | None" = None
) -> "Report":
    """Return the report, even if there are no snapshots."""
    from usage_tracker.reporting import Detail, stored

    wanted = Detail.ALL if details is None else details
    about, zone = query(session, span)
    with session.opened() as database:
        configured = session.settings.accounts
        return stored.report(database, names, about, zone, wanted, configured)


def nothing(report: "Report", span: Span) -> NothingToReportError:
    """Return the error for a report without snapshots."""
    from usage_tracker.times import to_ms

    return NothingToReportError(to_ms(report.as_of) if span.as_of else None)
