"""`python -m tests.benchmarks.scale`: the largest history, in and out, and a thousand gateways.

Ten years of minutes are imported, reported on, exported and imported again; the reports
and the rows must be the same. A thousand accounts are asked, at a gateway that takes a
second to answer. It takes some minutes.
"""

import argparse
import datetime as dt
import itertools
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.benchmarks.process import run
from tests.benchmarks.workplace import QUICK, Sizes, Workplace, gateway

REPORTS: Final = {
    "by month, everything": ("--by", "month", "--since", "2010-01-01"),
    "by hour, the last week": ("--by", "hour", "--since", "7d"),
}
ROWS: Final = "SELECT captured_at, quota, used_quota, request_count, source FROM snapshot"
MINUTE: Final = 60


def main() -> int:
    """Do it all; 1 if something is not as it was, or takes too long."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale")
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    sizes = QUICK if parser.parse_args().quick else Sizes()
    with (
        tempfile.TemporaryDirectory(prefix="usage-tracker-scale-") as folder,
        gateway(delay=1) as url,
    ):
        place = Workplace(Path(folder), Sizes(imported=sizes.decade, accounts=sizes.accounts), url)
        done = [*_history(place), _snapshots(place)]
    return int(not all(done))


def _history(place: Workplace) -> Iterator[bool]:
    place.files()
    first, second, lines = (place.path(name) for name in ("one.db", "two.db", "all.jsonl"))
    rows = f"{place.sizes.imported:,} rows"
    _timed(place, f"import of {rows} of CSV", first, "import", place.path("history.csv"))
    before = list(_reports(place, first))
    _timed(place, f"export of {rows} as JSON lines", first, "export", lines)
    _timed(place, f"import of {rows} of JSON lines", second, "import", lines)
    yield _told("the reports are the same, byte for byte", list(_reports(place, second)) == before)
    yield _told("the rows are the same", _same_rows(first, second))


def _reports(place: Workplace, database: Path) -> Iterator[bytes]:
    now = dt.datetime.fromtimestamp(place.now / 1000, dt.UTC).isoformat()
    for name, window in REPORTS.items():
        asked = ("report", "--json", "--as-of", now, *window)
        _timed(place, f"report {name}", database, *asked)
        yield place.path("out").read_bytes()


def _snapshots(place: Workplace) -> bool:
    accounts, config = place.sizes.accounts, place.path("config.toml")
    tables = (
        f'[[account]]\nname = "account {number}"\nbase_url = "{place.gateway}"\n'
        'token_env = "TRACKER_TOKEN"\n'
        for number in range(accounts)
    )
    config.write_text("\n".join(tables))
    config.chmod(0o600)
    what = f"snapshot of {accounts:,} accounts, the gateway takes a second"
    seconds = _timed(place, what, place.path("fleet.db"), "snapshot", "--config", config)
    return _told("it took less than a minute", seconds < MINUTE)


def _timed(place: Workplace, what: str, database: Path, *arguments: str | Path) -> float:
    one = run(place.tracker(database, *arguments), place.environment, place.path("out"))
    _say(f"{what:60} {one.seconds:8.1f} s {one.peak / 1e6:6.0f} MB")
    return one.seconds


def _same_rows(one: Path, other: Path) -> bool:
    with closing(sqlite3.connect(one)) as first, closing(sqlite3.connect(other)) as second:
        pairs = itertools.zip_longest(first.execute(ROWS), second.execute(ROWS))
        return all(ours == theirs for ours, theirs in pairs)


def _told(what: str, holds: bool) -> bool:  # noqa: FBT001
    _say(f"{what:60} {'yes' if holds else 'NO':>8}")
    return holds


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
