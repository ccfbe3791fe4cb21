"""What the reporting commands share: the options that say what a report is about."""

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
    """Not a single snapshot of the accounts asked for, at all or by the moment `as_of`."""

    def __init__(self, as_of: int | None = None) -> None:
        if as_of is None:
            super().__init__("no snapshots yet: `tracker snapshot` takes the first")
        else:
            super().__init__(f"no snapshot had been taken by {iso(as_of)}: use a later --as-of")


@dataclass(frozen=True, slots=True)
class Span:
    """The window of a report, in the words of its reader."""

    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    by: str = "day"
    zone: str | None = None


def window(function: Command) -> Command:
    """--since and --until."""
    function = click.option("-u", "--until", metavar="TIME", help="Up to then.  [default: now]")(
        function
    )
    return click.option(
        "-s", "--since", metavar="TIME", help="From then on: 7d, yesterday, 20261123.  [30d]"
    )(function)


as_of = click.option("--as-of", metavar="TIME", help="As it was known then.  [default: now]")

by = click.option(
    "--by", type=click.Choice(BYS), default="day", show_default=True, help="The periods."
)


def frame(session: Session, span: Span) -> "tuple[ReportQuery, str]":
    """The window asked for, and the name of its time zone."""
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
        NothingToReportError: there is not a single snapshot, or none by --as-of.
    """
    report = fetch_any(session, names, span, details)
    if all(account.balance is None for account in report.accounts):
        raise nothing(report, span)
    return report


def fetch_any(
    session: Session, names: tuple[str, ...], span: Span, details: "Detail | None" = None
) -> "Report":
    """The same, be there snapshots or not."""
    from usage_tracker.reporting import Detail, stored

    wanted = Detail.ALL if details is None else details
    about, zone = frame(session, span)
    with session.opened() as database:
        return stored.report(database, names, about, zone, wanted)


def nothing(report: "Report", span: Span) -> NothingToReportError:
    """The error that there is nothing to tell."""
    from usage_tracker.times import to_ms

    return NothingToReportError(to_ms(report.as_of) if span.as_of else None)
