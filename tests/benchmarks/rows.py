"""What the design promises, command by command, each with the floor that it stands on."""

import shutil
from collections.abc import Callable
from typing import Final

from tests.benchmarks.comparison import Row
from tests.benchmarks.workplace import Workplace

FLOOR: Final = "click, pandas, rich.table, sqlalchemy"
"""What any report must import."""

Promise = Callable[[Workplace], Row]
Builder = Callable[[], Row]

MONTHS: Final = ("report", "--by", "month", "--since", "2010-01-01")


def help_(place: Workplace) -> Row:
    """The program's bare start."""
    program = place.tracker(place.path("none.db"))[:3]
    return Row(
        key="help",
        what="tracker --help, --version",
        ours=([*program, "--help"], [*program, "--version"]),
        floor=(place.imports("click"),),
        bound=1.4,
        rounds=15,
    )


def status(place: Workplace) -> Row:
    """What a prompt or a status bar calls all day."""
    return Row(
        key="status",
        what="tracker status",
        ours=(place.tracker(place.year(), "status"),),
        floor=(place.imports("click, sqlalchemy"),),
        bound=1.25,
        rounds=15,
    )


def snapshot(place: Workplace) -> Row:
    """What cron calls; the gateway is on loopback and answers at once."""
    return Row(
        key="snapshot",
        what="tracker snapshot, one account",
        ours=(place.tracker(place.log(), "snapshot"),),
        floor=(place.imports("click, requests, sqlalchemy"),),
        bound=1.2,
        rounds=15,
    )


def year(place: Workplace) -> Row:
    """The everyday report."""
    return Row(
        key="report-year",
        what=f"tracker report, {place.sizes.year:,} rows",
        ours=(place.tracker(place.year(), "report"),),
        floor=(place.imports(FLOOR),),
        bound=1.3,
        rounds=11,
    )


def decade(place: Workplace) -> Row:
    """A report on everything there ever was, from the second one on."""
    return Row(
        key="report-decade",
        what=f"tracker report --by month, {place.sizes.decade:,} rows",
        ours=(place.tracker(place.decade(), *MONTHS),),
        floor=(place.imports(FLOOR),),
        bound=1.8,
        memory=1.5,
        rounds=11,
    )


def fleet(place: Workplace) -> Row:
    """An overview of many accounts, from the second one on."""
    sizes = place.sizes
    return Row(
        key="report-fleet",
        what=f"tracker report, {sizes.accounts:,} accounts x {sizes.year:,} rows",
        ours=(place.tracker(place.fleet(), "report"),),
        floor=(place.imports(FLOOR),),
        bound=8.0,
        memory=3.0,
    )


def import_(place: Workplace) -> Row:
    """A history from elsewhere, beside SQLite's own way to read the same rows into the table."""
    place.files()
    ours, floor, empty = place.path("imported.db"), place.path("floor.db"), place.empty()

    def prepare() -> None:
        for target in (ours, floor):
            for trace in place.folder.glob(f"{target.name}-*"):
                trace.unlink()
            shutil.copy(empty, target)

    return Row(
        key="import",
        what=f"tracker import of {place.sizes.imported:,} rows of CSV",
        ours=(place.tracker(ours, "import", place.path("history.csv")),),
        floor=(["sqlite3", floor, ".mode csv", f".import {place.path('table.csv')} snapshot"],),
        bound=3.0,
        prepare=prepare,
    )


PROMISED: Final[dict[str, Promise]] = {
    "help": help_,
    "status": status,
    "snapshot": snapshot,
    "report-year": year,
    "report-decade": decade,
    "report-fleet": fleet,
    "import": import_,
}
