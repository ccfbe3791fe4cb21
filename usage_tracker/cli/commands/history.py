"""`tracker history`: the raw snapshots, and the removal of one."""

import csv
import datetime as dt
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options, report_options
from usage_tracker.cli.groups import Group
from usage_tracker.cli.output import columns, confirm, echo, echo_document, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.store.accounts import StoredAccount
    from usage_tracker.store.snapshots import Snapshot

    Part = tuple[StoredAccount, list[Snapshot]]

LIMIT = 20
HEADER = ("captured", "left", "used", "quota", "used_quota", "requests")


@click.group(cls=Group, invoke_without_command=True)
@options.accounts
@click.option(
    "-s",
    "--since",
    metavar="TIME",
    callback=options.not_empty,
    help="Only from then on: 7d, yesterday, 2026-11-23.",
)
@click.option("-u", "--until", metavar="TIME", callback=options.not_empty, help="Only before then.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"Only the newest N of each account; 0 for all.  [default: {LIMIT}; all with --since]",
)
@options.zone
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    help="The format.  [default: table]",
)
@options.shared_with_formats
@pass_session
@click.pass_context
def command(
    ctx: click.Context,
    session: Session,
    names: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int | None,
    zone: str | None,
    form: str | None,
) -> None:
    """Show the raw snapshots, newest last.

    Quotas are unchanged gateway units; times are in UTC in CSV and JSON. Use `tracker
    export` to back up or move a whole history.

    \b
    Example:  tracker history --since yesterday --format csv
    """  # noqa: D301 (click reads the backspace)
    if ctx.invoked_subcommand is not None:
        if names or since or until or limit is not None or zone or form:
            raise click.UsageError(f"give the options after {ctx.invoked_subcommand!r}")
        return
    options.one_format(session, form)
    as_table = not session.json and form in {None, "table"}
    # Data are in UTC: do not fail on an unknown time zone of the machine unless it is needed.
    tz = session.zone(zone) if as_table or zone or since or until else dt.UTC
    window = _moments(since, until, tz)
    parts, totals = _read(session, names, window, _newest(limit, since))
    if not (since or until or any(snapshots for _, snapshots in parts)):
        raise report_options.NothingToReportError
    if as_table:
        for line in _as_table(parts, tz):
            echo(line)
    elif form == "csv":
        echo_document(_as_csv(parts))
    else:
        echo_json("history", {"accounts": [_as_json(*part) for part in parts]})
    if limit is None:
        _print_omitted(session, parts, totals)


@command.command()
@click.argument("time", metavar="TIME", callback=options.not_empty)
@options.one_account
@options.zone
@click.option("-y", "--yes", is_flag=True, help="Remove it without confirmation.")
@options.shared
@pass_session
def remove(session: Session, time: str, name: str | None, zone: str | None, *, yes: bool) -> None:
    """Remove one snapshot, such as one that a wrong clock put out of its order.

    TIME is its time as the history shows it; with milliseconds, where several are of the
    same second. The command shows the snapshot and asks for confirmation. A file is backed
    up first; a database on a server is not. Spend, events and forecasts are then those of
    the snapshots that are left.

    \b
    Example:  tracker history remove 2026-11-23T13:15:00.000Z
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.store import accounts, removal
    from usage_tracker.times import now_ms, parse_moment

    moment = parse_moment(time, now_ms(), session.zone(zone))
    with session.opened() as database:
        with database.read() as connection:
            account = accounts.get_single(connection, name)
            snapshot = removal.find(connection, account, moment, removal.span_of(time))
        if not database.location.is_sqlite:
            session.info("note: a database on a server is not backed up")
        if not yes:
            confirm(f"Remove the snapshot {_describe(account, snapshot)}?")
        backup = removal.remove(database, account, snapshot)
    if session.json:
        body = {"account": account.name, "removed": _snapshot_json(snapshot)}
        echo_json("history-remove", {**body, "backup": str(backup) if backup else None})
        return
    session.print_result(f"removed the snapshot {_describe(account, snapshot)}")
    if backup:
        session.print_result(f"the previous version is kept in {backup}")


def _describe(account: "StoredAccount", snapshot: "Snapshot") -> str:
    from usage_tracker.times import iso

    counters = f"quota {snapshot.quota}, used_quota {snapshot.used_quota}"
    return f"of {visible(account.name)} at {iso(snapshot.captured_at)} ({counters})"


def _newest(limit: int | None, since: str | None) -> int | None:
    if limit is None:
        return None if since else LIMIT
    return limit or None


def _moments(since: str | None, until: str | None, tz: dt.tzinfo) -> tuple[int | None, int | None]:
    from usage_tracker.times import now_ms, parse_moment

    now = now_ms()
    start = parse_moment(since, now, tz) if since else None
    end = parse_moment(until, now, tz) if until else None
    if start is not None and start >= (last := now if end is None else end):
        from usage_tracker.analysis.calendar import EmptyWindowError

        raise EmptyWindowError(start, last, tz)
    return start, end


def _print_omitted(session: Session, parts: "list[Part]", totals: list[int]) -> None:
    """Print that there are more snapshots than the default limit shows."""
    for (account, snapshots), total in zip(parts, totals, strict=True):
        if len(snapshots) < total:
            whose = f"{visible(account.name)}: " if len(parts) > 1 else ""
            session.info(
                f"{whose}the newest {len(snapshots)} of {total:,} snapshots; -n shows more"
            )


def _read(
    session: Session,
    names: tuple[str, ...],
    window: tuple[int | None, int | None],
    limit: int | None,
) -> "tuple[list[Part], list[int]]":
    """Return the accounts with their newest snapshots, and the number of each in the window."""
    from usage_tracker.store import accounts, snapshots

    with session.reading() as connection:
        parts, totals = [], []
        for account in accounts.get_many(connection, names):
            newest = snapshots.iterate(
                connection, account.account_id, *window, limit=limit, newest_first=True
            )
            found = list(newest)[::-1]
            more = len(found) == limit and snapshots.count(connection, account.account_id, *window)
            parts.append((account, found))
            totals.append(more or len(found))
        return parts, totals


def _as_json(account: "StoredAccount", snapshots: "list[Snapshot]") -> dict[str, Any]:
    return {
        "account": account.name,
        "quota_per_unit": account.quota_per_unit,
        "snapshots": [_snapshot_json(snapshot) for snapshot in snapshots],
    }


def _snapshot_json(snapshot: "Snapshot") -> dict[str, Any]:
    from usage_tracker.store.schema import Source
    from usage_tracker.times import iso

    return {
        "captured_at": iso(snapshot.captured_at),
        "quota": snapshot.quota,
        "used_quota": snapshot.used_quota,
        "request_count": snapshot.request_count,
        "source": Source(snapshot.source).name.lower(),
    }


def _as_csv(parts: "Iterable[Part]") -> str:
    from usage_tracker.render.csv import text_cell
    from usage_tracker.times import iso

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("account", "captured_at", "quota", "used_quota", "request_count"))
    for account, snapshots in parts:
        name = text_cell(account.name)
        for row in snapshots:
            at = iso(row.captured_at)
            writer.writerow((name, at, row.quota, row.used_quota, row.request_count))
    return text.getvalue()


def _as_table(parts: "list[Part]", tz: dt.tzinfo) -> Iterable[str]:
    for number, (account, snapshots) in enumerate(parts):
        if number:
            yield ""
        if len(parts) > 1:
            yield visible(account.name)
        rows = [_row(account, snapshot, tz) for snapshot in snapshots]
        yield from columns([HEADER, *rows], right=range(1, len(HEADER)))


def _row(account: "StoredAccount", snapshot: "Snapshot", tz: dt.tzinfo) -> tuple[str, ...]:
    from usage_tracker.formatting import count, dollars
    from usage_tracker.money import usd
    from usage_tracker.times import to_local

    worth = account.quota_per_unit
    return (
        to_local(snapshot.captured_at, tz).strftime("%Y-%m-%d %H:%M:%S"),
        dollars(usd(snapshot.quota, worth), 2),
        dollars(usd(snapshot.used_quota, worth), 2),
        count(snapshot.quota),
        count(snapshot.used_quota),
        count(snapshot.request_count),
    )
