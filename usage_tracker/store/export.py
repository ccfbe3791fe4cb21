"""An account's history as a file that other programs read, and `import` reads back.

CSV has the counters. JSON Lines has everything (`usage_tracker.store.importing.jsonl`
tells how): what a response says besides the counters is written where it changes.
"""

import csv
import json
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


def export_file(
    database: Database,
    account: str,
    path: Path,
    form: Format,
    progress: Progress | None = None,
) -> int:
    """Write the history of `account` to `path`, 0600, whole or not at all; the snapshots in it."""
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
    """Write the history of `account` as it is at one moment; how many snapshots there are in it."""
    write = {"csv": _write_csv, "jsonl": _write_jsonl}[form]
    with database.read() as connection:
        found = accounts.get(connection, account)
        rows = snapshots.rows(connection, found.account_id)
        write(connection, found, rows if progress is None else _told(rows, progress), out)
        return snapshots.count(connection, found.account_id)


def _told(rows: Rows, progress: Progress) -> Rows:
    while batch := list(islice(rows, _BATCH)):
        yield from batch
        progress(len(batch))


def _write_csv(_: Connection, __: StoredAccount, rows: Rows, out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((iso(captured_at), *counters) for captured_at, *counters, _, _ in rows)


def _write_jsonl(connection: Connection, account: StoredAccount, rows: Rows, out: TextIO) -> None:
    bodies = {key: body for key, _, body in profiles.list_profiles(connection, account.account_id)}
    _write(out, _head(account))
    for remembered in _remembered(connection, account.account_id):
        _write(out, remembered)
    before: int | None = None
    for captured_at, quota, used, requests, profile_id, source in rows:
        line: Line = {"captured_at": iso(captured_at), "source": _NAMES.get(source, "import")}
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


def _head(account: StoredAccount) -> Line:
    return {
        "schema": SCHEMA,
        "account": account.name,
        "base_url": account.base_url,
        "quota_per_unit": account.quota_per_unit,
        "created_at": iso(account.created_at),
    }


def _remembered(connection: Connection, account_id: int) -> Iterator[Line]:
    """What the snapshots cannot say any more, where some were pruned."""
    floor = checkpoints.baseline(connection, account_id)
    if floor is None:
        return
    at, exact = iso(floor.scanned_to), floor.exact
    yield {"baseline": {"at": at, "reserved": floor.reserved, "exact": exact}}
    for event in checkpoints.list_events(connection, account_id, floor.scanned_to):
        moments = {"after": iso(event.after), "at": iso(event.captured_at)}
        yield {"event": event.kind, **moments, "quota": event.quota}


def _failure(failure: Failure) -> Line:
    return {
        "attempted_at": iso(failure.attempted_at),
        "kind": failure.kind,
        "http_status": failure.http_status,
        "detail": failure.detail,
    }


def _write(out: TextIO, line: Line) -> None:
    out.write(json.dumps(line, ensure_ascii=False) + "\n")
