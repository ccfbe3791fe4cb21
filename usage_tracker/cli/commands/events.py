"""`tracker events`: everything but spend."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options, report_options
from usage_tracker.cli.output import echo, echo_columns, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    import datetime as dt

    from usage_tracker.reporting import Report, ReportedEvent
    from usage_tracker.store.failures import Failure

HEADER = ("when", "what", "amount", "")


@click.command()
@options.accounts
@report_options.window
@report_options.as_of
@options.zone
@options.shared
@pass_session
def command(session: Session, /, names: tuple[str, ...], **span: str) -> None:
    """Show credits, gaps, failed attempts and other events.

    Covers the last 30 days, unless options say otherwise. An event happened between two
    snapshots; its time is that of the later one.

    \b
    Example:  tracker events --since 90d
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.reporting import Detail

    window = report_options.Span(**span)
    report = report_options.fetch_any(session, names, window, Detail.NONE)
    failures = _failures(session, report)
    if not any(failures.values()) and all(account.balance is None for account in report.accounts):
        raise report_options.nothing(report, window)
    if session.json:
        echo_json("events", {"accounts": list(_as_json(report, failures))})
        return
    zone = session.zone(span["zone"])
    for account in report.accounts:
        if account is not report.accounts[0]:
            echo("")
        if len(report.accounts) > 1:
            echo(visible(account.account))
        found = [(event.at, _event(event)) for event in account.events]
        found += [(at, _failure(one)) for at, one in failures[account.account]]
        found.sort(key=lambda row: row[0])
        rows = [(f"{at.astimezone(zone):%Y-%m-%d %H:%M}", *cells) for at, cells in found]
        if rows:
            echo_columns([HEADER, *rows], right=(2,))
        else:
            echo("no events")


def _failures(session: Session, report: "Report") -> "dict[str, list[tuple[dt.datetime, Failure]]]":
    from usage_tracker.store import accounts, failures
    from usage_tracker.times import from_ms, to_ms

    window = (to_ms(report.since), to_ms(report.until))
    found: dict[str, list[tuple[dt.datetime, Failure]]] = {}
    with session.reading() as connection:
        for name in (account.account for account in report.accounts):
            account = accounts.find(connection, name)  # None if renamed a moment ago
            rows = account and failures.between(connection, account.account_id, *window)
            found[name] = [(from_ms(failure.attempted_at), failure) for failure in rows or ()]
    return found


def _event(event: "ReportedEvent") -> tuple[str, str, str]:
    from usage_tracker import formatting
    from usage_tracker.ledger.events import STRETCHES

    name = formatting.event_name(event.kind)
    length = formatting.duration((event.at - event.after).total_seconds())
    if event.kind in STRETCHES:
        return name, formatting.dollars(event.usd), f"in {length}"
    if event.kind == "gap":
        return name, "", f"of {length}"
    amount = "" if event.usd is None else formatting.signed(event.usd)
    return name, amount, "" if event.confirmed else "not yet confirmed"


def _failure(failure: "Failure") -> tuple[str, str, str]:
    from usage_tracker.capture.errors import describe_kind

    status = f" (HTTP {failure.http_status})" if failure.http_status else ""
    return "failed attempt", "", f"{describe_kind(failure.kind)}{status}"


def _as_json(
    report: "Report", failures: "dict[str, list[tuple[dt.datetime, Failure]]]"
) -> Iterator[dict[str, Any]]:
    from usage_tracker.render.json import encode

    for account in report.accounts:
        yield {
            "account": account.account,
            "events": encode(account.events),
            "failures": [
                {
                    "attempted_at": encode(at),
                    "kind": failure.kind,
                    "http_status": failure.http_status,
                    "detail": failure.detail,
                }
                for at, failure in failures[account.account]
            ],
        }
