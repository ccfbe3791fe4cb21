"""`tracker import`: histories from files and other databases."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo, echo_columns, echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.store.importing.account_spec import AccountSpec
    from usage_tracker.store.importing.merge import ImportResult
    from usage_tracker.store.importing.options import ImportOptions
    from usage_tracker.store.importing.staging import Staging
    from usage_tracker.store.importing.summary import StagedLine

STDIN: Final = "/dev/stdin"
KEPT_OWN_EVENTS: Final = (
    "the stored events of the pruned time were not imported, because the account "
    "has snapshots or events of its own of that time"
)


def _names(_ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    from usage_tracker.store.importing.columns import COLUMNS

    names = {}
    for text in texts:
        column, _, name = (part.strip() for part in text.partition("="))
        if column not in COLUMNS or not name:
            raise click.BadParameter(
                f"write COLUMN=NAME, where COLUMN is {', '.join(COLUMNS)} and NAME is in the file",
                param=param,
            )
        names[column] = name
    return names


def _encoding(_ctx: click.Context, param: click.Parameter, name: str | None) -> str | None:
    from io import BytesIO, TextIOWrapper

    try:
        return name and TextIOWrapper(BytesIO(), encoding=name).encoding
    except (LookupError, ValueError):
        raise click.BadParameter(
            f"{name!r} is not an encoding of text, such as gbk, big5 or utf-16", param=param
        ) from None


@click.command()
@click.argument("source", metavar="FILE|DB", callback=options.not_empty)
@options.one_account
@options.zone
@click.option(
    "--unit",
    type=click.Choice(["usd", "units"]),
    help="What the amounts are.  [default: what their names say, else units]",
)
@click.option(
    "--map",
    "names",
    multiple=True,
    metavar="COLUMN=NAME",
    callback=_names,
    help="The name of a column in the file; may be repeated.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    callback=_encoding,
    help="The encoding of the file, such as gbk or big5.  [default: UTF-8]",
)
@click.option(
    "--day-first/--month-first", default=None, help="How to read dates such as 3/11/2026."
)
@click.option("--dry-run", is_flag=True, help="Show what is understood; import nothing.")
@options.shared
@pass_session
def command(
    session: Session, /, source: str, name: str | None, *, dry_run: bool, **reading: Any
) -> None:
    """Import snapshots from a CSV or JSONL file or another database.

    \b
    CSV     a header with the columns captured_at, quota, used_quota and perhaps
            request_count, or other names for them; separated by commas, semicolons
            or tabs; times are ISO 8601, as spreadsheets write them, or epoch time
    JSONL   {"captured_at": ..., "response": {the whole answer}} in each line, or an
            object with the columns of a CSV file
    DB      another tracker database, a file or a URL, with all its accounts

    Either everything is imported or nothing; to repeat an import changes nothing. A row
    that contradicts a stored one is an error. Without --account a file is imported into
    the account that it names, or else into "default". The file "-" is stdin.

    \b
    Examples:  tracker import old-log.csv --account work
               tracker import log.csv --tz Asia/Taipei --unit usd --dry-run
               tracker import log.csv --map quota=Rest --map used_quota=Verbraucht
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.progress import progress_bar
    from usage_tracker.store.importing.merge import merge
    from usage_tracker.store.importing.run import stage
    from usage_tracker.store.importing.summary import refuse_dollars

    session.note_password(source)
    path = STDIN if source == "-" else source
    spec = _account_spec(session, name)
    chosen = _options(session, spec, **reading)
    with (
        progress_bar(session, "reading") as progress,
        stage(path, spec, progress, chosen) as staging,
    ):
        refuse_dollars(staging, chosen.quota_per_unit)
        if dry_run:
            _print_understood(session, staging, chosen)
            return
        # Last, so that a file that cannot be imported does not leave an empty database.
        with session.opened(create=True) as database:
            done = merge(database, staging)
    _print_done(session, done)


def _account_spec(session: Session, name: str | None) -> "AccountSpec":
    """Return the account as configured, to complete what a file omits."""
    from usage_tracker.store.importing.account_spec import AccountSpec

    for account in session.settings.accounts:
        if account.name == name:
            return AccountSpec(account.name, account.base_url, account.quota_per_unit)
    return AccountSpec(name)


def _options(
    session: Session, spec: "AccountSpec", *, zone: str | None, **reading: Any
) -> "ImportOptions":
    from usage_tracker.store.importing.options import ImportOptions

    return ImportOptions(
        zone=session.zone(zone) if zone else None,
        quota_per_unit=_quota_per_unit(session, spec),
        **reading,
    )


def _quota_per_unit(session: Session, spec: "AccountSpec") -> float:
    """Return the units per dollar that the account will have after the import."""
    from usage_tracker.errors import NoHistoryError
    from usage_tracker.store import accounts

    try:
        with session.reading() as connection:
            known = accounts.find(connection, spec.resolved_name)
    except NoHistoryError:
        known = None
    return spec.resolve(known).quota_per_unit


def _print_done(session: Session, done: "ImportResult") -> None:
    from usage_tracker.formatting import count_noun, visible

    for account in done.kept_own_events:
        session.info(f"note: {visible(account)}: {KEPT_OWN_EVENTS}")
    if session.json:
        body = {"accounts": list(done.accounts), "read": done.read, "added": done.added}
        echo_json("import", {**body, "failures": done.failures})
        return
    accounts = ", ".join(map(visible, done.accounts)) or "no account"
    known = done.read - done.added
    skipped = f" ({known:,} already stored)" if known else ""
    session.print_result(f"{accounts}: imported {count_noun(done.added, 'snapshot')}{skipped}")


def _print_understood(session: Session, staging: "Staging", chosen: "ImportOptions") -> None:
    from usage_tracker.config.accounts import DEFAULT_NAME
    from usage_tracker.formatting import count_noun, visible
    from usage_tracker.store.importing.summary import summarise
    from usage_tracker.times import zone_name

    found, table = summarise(staging), staging.table
    unit = table.unit if table else "units"
    zone = zone_name(chosen.zone) if chosen.zone else None
    names = [name or DEFAULT_NAME for name in found.accounts]
    if session.json:
        body = {"dry_run": True, "accounts": names, "read": found.rows, "timezone": zone}
        body |= {"unit": unit, "quota_per_unit": chosen.quota_per_unit}
        body |= {"columns": table.names if table else None}
        echo_json("import", {**body, "first": _json(found.first), "last": _json(found.last)})
        return
    accounts = ", ".join(map(visible, names))
    echo(f"{visible(staging.name)}: {count_noun(found.rows, 'row')} for {accounts}")
    dollars = f"dollars, of {chosen.quota_per_unit} units each"
    rows = [
        ("columns", _described(table.names) if table else "as tracker export writes them"),
        ("unit", dollars if unit == "usd" else "gateway units"),
        ("zone", f"{zone}, where a time has no offset" if zone else "as written in each time"),
        ("first", _line(found.first, chosen.quota_per_unit)),
        ("last", _line(found.last, chosen.quota_per_unit)),
    ]
    echo_columns(rows)
    session.info("nothing was imported, because of --dry-run")


def _described(names: Mapping[str, str]) -> str:
    return ", ".join(f"{column} = {name}" for column, name in names.items())


def _line(row: "StagedLine | None", quota_per_unit: float) -> str:
    from usage_tracker.formatting import UNKNOWN, dollars
    from usage_tracker.money import usd
    from usage_tracker.times import iso

    if row is None:
        return UNKNOWN
    amounts = (
        f"{name} {units} ({dollars(usd(units, quota_per_unit))})"
        for name, units in (("quota", row.quota), ("used_quota", row.used_quota))
    )
    where = f"line {row.line}: " if row.line else ""
    return f"{where}{iso(row.captured_at)}, {', '.join(amounts)}"


def _json(row: "StagedLine | None") -> dict[str, Any] | None:
    from dataclasses import asdict

    from usage_tracker.times import iso

    return None if row is None else asdict(row) | {"captured_at": iso(row.captured_at)}
