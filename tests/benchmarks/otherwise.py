"""What people do without this program: curl, jq, and a query in the sqlite3 shell."""

import json
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.comparison import Row
from tests.benchmarks.process import Command
from tests.benchmarks.rows import MONTHS, Builder, Promise
from tests.benchmarks.workplace import Workplace

_SPEND_BY = """
    SELECT strftime('{unit}', captured_at / 1000, 'unixepoch'), sum(max(spend, 0)) / 500000.0
    FROM (SELECT captured_at, used_quota - lag(used_quota) OVER (ORDER BY captured_at) AS spend
          FROM snapshot)
    GROUP BY 1
"""
_JQ_SPEND_BY_DAY = """
    [range(1; length) as $i | {day: (.[$i].at / 1000 | floor | todate[:10]),
     spend: ([.[$i].data.used_quota - .[$i - 1].data.used_quota, 0] | max)}]
    | group_by(.day) | map({day: .[0].day, usd: (map(.spend) | add / 500000)})
"""


def curl(place: Workplace) -> Row:
    """One poll: `curl` into a table."""
    log = place.path("curl.db")
    with sqlite3.connect(log) as raw:
        raw.execute("CREATE TABLE IF NOT EXISTS log (at INTEGER, body TEXT)")
    raw.close()
    asked = f'curl -sf -H "Authorization: Bearer $TRACKER_TOKEN" {place.gateway}/api/user/self'
    into = f"INSERT INTO log VALUES (unixepoch(), '$({asked})')"  # noqa: S608
    return Row(
        key="curl",
        what="tracker snapshot; by hand: curl and sqlite3",
        ours=(place.tracker(place.log(), "snapshot"),),
        floor=(["sh", "-c", f'sqlite3 {log} "{into}"'],),
        rounds=11,
    )


def lag_year(place: Workplace) -> Row:
    """The days of a year: one query, without credit, refunds, gaps and forecast."""
    return Row(
        key="lag-year",
        what="tracker report; by hand: LAG in sqlite3, a year",
        ours=(place.tracker(place.year(), "report", "--since", "365d"),),
        floor=(_lag(place.year(), "%Y-%m-%d"),),
    )


def lag_decade(place: Workplace) -> Row:
    """The months of ten years: the query must read every row."""
    return Row(
        key="lag-decade",
        what="tracker report --by month; by hand: LAG in sqlite3, ten years",
        ours=(place.tracker(place.decade(), *MONTHS),),
        floor=(_lag(place.decade(), "%Y-%m"),),
    )


def jq(place: Workplace) -> Row:
    """The days of a year from a file of answers, one a line."""
    lines = _answers(place)
    return Row(
        key="jq",
        what="tracker report; by hand: jq over JSON lines, a year",
        ours=(place.tracker(place.year(), "report", "--since", "365d"),),
        floor=(["jq", "-s", _JQ_SPEND_BY_DAY, lines],),
    )


OTHERWISE: Final[dict[str, tuple[str, Promise]]] = {
    "curl": ("curl", curl),
    "lag-year": ("sqlite3", lag_year),
    "lag-decade": ("sqlite3", lag_decade),
    "jq": ("jq", jq),
}
"""Each row, and the program it needs."""


def possible(place: Workplace) -> dict[str, Builder]:
    """The rows for which this machine has the program."""
    return {
        key: partial(row, place)
        for key, (program, row) in OTHERWISE.items()
        if shutil.which(program)
    }


def _lag(database: str, unit: str) -> Command:
    return ["sqlite3", database, _SPEND_BY.replace("{unit}", unit)]


def _answers(place: Workplace) -> Path:
    path = place.path("answers.jsonl")
    with sqlite3.connect(place.year()) as raw, path.open("w") as file:
        for at, quota, used in raw.execute("SELECT captured_at, quota, used_quota FROM snapshot"):
            answer = {"success": True, "data": {"quota": quota, "used_quota": used}}
            file.write(json.dumps({"at": at, **answer}) + "\n")
    raw.close()
    return path
