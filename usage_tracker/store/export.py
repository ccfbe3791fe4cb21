"""Export of an account's history to a file that other programs and `import` can read.

CSV has the counters. JSON Lines has everything, in the format described in
`usage_tracker.store.importing.jsonl`: a profile is written only where it changes.
"""

import csv
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from sqlalchemy import Connection

from usage_tracker.capture.user import Profile, full_response
from usage_tracker.config.paths import expand
from usage_tracker.store import accounts, checkpoints, failures, profiles, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.failures import Failure
from usage_tracker.store.files import atomic_file
from usage_tracker.store.importing.csv import HEADER
from usage_tracker.store.importing.jsonl import SAME, SCHEMA, SOURCES
from usage_tracker.times import iso

Format = Literal["csv", "jsonl"]
Rows = Iterator[tuple[Any, ...]]
Line = dict[str, Any]

_NAMES: Final = {source: name for name, source in SOURCES.items()}
_BATCH = 10_000

# Escaped: stdout may be a terminal, which obeys C1 controls and marks of direction.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def export_file(
    database: Database,
    account: str,
    path: Path,
    form: Format,
    progress: Progress | None = None,
) -> int:
    """Write the history of `account` to `path`, 0600, atomically; return its snapshot count."""
    with (
        atomic_file(expand(path).absolute(), replace=True) as draft,
        draft.open("w", encoding="utf-8", newline="") as out,
    ):
        return export(database, account, out, form, progress)


def export(
    database: Database,
    account: str,
    out: TextIO,
    form: Format,
    progress: Progress | None = None,
) -> int:
    """Write a consistent history of `account` to `out` and return its snapshot count."""
    write = {"csv": _write_csv, "jsonl": _write_jsonl}[form]
    with database.read() as connection:
        found = accounts.get(connection, account)
        rows = snapshots.rows(connection, found.account_id)
        write(connection, found, rows if progress is None else _with_progress(rows, progress), out)
        return snapshots.count(connection, found.account_id)


def _with_progress(rows: Rows, progress: Progress) -> Rows:
    while batch := list(islice(rows, _BATCH)):
        yield from batch
        progress(len(batch))


def _write_csv(_: Connection, __: StoredAccount, rows: Rows, out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((iso(captured_at), *counters) for captured_at, *counters, _, _ in rows)


def _write_jsonl(connection: Connection, account: StoredAccount, rows: Rows, out: TextIO) -> None:
    bodies = {key: body for key, _, body in profiles.list_profiles(connection, account.account_id)}
    _write(out, _header(account))
    for line in _baseline_and_events(connection, account.account_id):
        _write(out, line)
    before: int | None = None
    for captured_at, quota, used, requests, profile_id, source in rows:
        line = {"captured_at": iso(captured_at), "source": _NAMES.get(source, "import")}
        rest: Profile = {}
        if profile_id is None or profile_id == before:
            line["rest"] = None if profile_id is None else SAME
        else:
            rest = profiles.parse(bodies[profile_id])
        line["response"] = full_response(rest, quota, used, requests)
        _write(out, line)
        before = profile_id
    for failure in failures.between(connection, account.account_id):
        _write(out, _failure(failure))


def _header(account: StoredAccount) -> Line:
    return {
        "schema": SCHEMA,
        "account": account.name,
        "base_url": account.base_url,
        "quota_per_unit": account.quota_per_unit,
        "created_at": iso(account.created_at),
    }


def _baseline_and_events(connection: Connection, account_id: int) -> Iterator[Line]:
    """Yield what replaces the missing snapshots of a pruned history."""
    baseline = checkpoints.baseline(connection, account_id)
    if baseline is None:
        return
    at, exact = iso(baseline.scanned_to), baseline.exact
    yield {"baseline": {"at": at, "reserved": baseline.reserved, "exact": exact}}
    for event in checkpoints.list_events(connection, account_id, baseline.scanned_to):
        moments = {"after": iso(event.after), "at": iso(event.at)}
        unconfirmed = {} if event.confirmed else {"confirmed": False}
        yield {"event": event.kind, **moments, "quota": event.quota, **unconfirmed}


def _failure(failure: Failure) -> Line:
    return {
        "attempted_at": iso(failure.attempted_at),
        "kind": failure.kind,
        "http_status": failure.http_status,
        "detail": failure.detail,
    }


def _write(out: TextIO, line: Line) -> None:
    text = json.dumps(line, ensure_ascii=False)
    out.write(_UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
