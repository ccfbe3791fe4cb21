"""Import of a history: CSV, JSON Lines, or another tracker database."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import Final

from usage_tracker.config.database_name import is_url
from usage_tracker.config.paths import expand
from usage_tracker.store.database import Database, Progress
from usage_tracker.store.errors import translated_errors
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.csv import Table, open_text
from usage_tracker.store.importing.database import stage_database
from usage_tracker.store.importing.errors import (
    NOT_AN_EXPORT,
    InvalidHistoryError,
    UnreadableFileError,
)
from usage_tracker.store.importing.jsonl import stage_jsonl
from usage_tracker.store.importing.merge import ImportResult, merge
from usage_tracker.store.importing.options import DEFAULT_OPTIONS, ImportOptions
from usage_tracker.store.importing.staging import Staging
from usage_tracker.store.importing.validation import BYTE_ORDER_MARK
from usage_tracker.store.location import resolve

_SQLITE: Final = b"SQLite format 3\0"
_STDIN: Final = "/dev/stdin"
_PEEK = 64
_COMPRESSED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_WORKBOOK: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_REPORT: Final = re.compile(rb'\s*\{\s*"schema": "usage-tracker\.(?!export/)')
_CSV_EXPORT: Final = re.compile(
    rb"captured_at,quota,used_quota,request_count\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,"
)
_JSONL: Final = (".jsonl", ".ndjson", ".json")
ANY_ACCOUNT: Final = AccountSpec()


def import_history(
    database: Database,
    source: str | Path,
    into: AccountSpec = ANY_ACCOUNT,
    progress: Progress | None = None,
    options: ImportOptions = DEFAULT_OPTIONS,
) -> ImportResult:
    """Import the history in `source` into `database`: all of it or, on any error, nothing.

    Repeating an import changes nothing. Parsing and checking take no lock.

    Args:
        database: The target.
        source: A file (its first bytes show the format) or a database's URL.
        into: The account to import into; from a database, the only one to import.
        progress: Called with the number of rows read since the last call.
        options: What the user says about a file that does not say it itself.

    Raises:
        InvalidHistoryError: It is not a history, or contains an invalid value.
        InvalidRowError: A line is invalid.
        ConflictingRowsError: Two lines contradict each other.
        FutureRowError: A line is in the future.
        ContradictionError: A line contradicts a stored snapshot.
        OtherAccountError: It is the history of another account.
    """
    with stage(source, into, progress, options) as staging:
        return merge(database, staging)


@contextmanager
def stage(
    source: str | Path,
    into: AccountSpec = ANY_ACCOUNT,
    progress: Progress | None = None,
    options: ImportOptions = DEFAULT_OPTIONS,
) -> Iterator[Staging]:
    """Read and check the history in `source` for `merge`; see `import_history`."""
    with Staging(_display_name(source), progress) as staging, translated_errors(staging.path):
        _stage(source, staging, into, options)
        staging.finish()
        yield staging


def _is_url(source: str | Path) -> bool:
    return isinstance(source, str) and is_url(source)


def _display_name(source: str | Path) -> str:
    if _is_url(source):
        return str(resolve(source))
    return "stdin" if str(source) == _STDIN else str(source)


def _stage(source: str | Path, staging: Staging, into: AccountSpec, options: ImportOptions) -> None:
    if _is_url(source):
        stage_database(source, staging, into.name)
        return
    try:
        with expand(source).open("rb") as file:
            if file.peek(_PEEK).startswith(_SQLITE):
                stage_database(Path(source), staging, into.name)
            else:
                _stage_text(file, staging, into, options)
    except OSError as error:
        raise UnreadableFileError(staging.name, error) from None


def _stage_text(
    file: BufferedReader, staging: Staging, into: AccountSpec, options: ImportOptions
) -> None:
    if file.peek(_PEEK).startswith(BYTE_ORDER_MARK):
        file.read(len(BYTE_ORDER_MARK))
    start = file.peek(_PEEK)
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):  # a spreadsheet's "Unicode text"
        options = replace(options, encoding=options.encoding or "utf-16")
    if (reason := _refusal(start, options.encoding)) is not None:
        raise InvalidHistoryError(staging.name, reason)
    is_json = start.lstrip().startswith((b"{", b"["))
    if is_json or staging.name.lower().endswith(_JSONL):
        stage_jsonl(file, staging, into, options)
        return
    staging.is_export = _CSV_EXPORT.match(start) is not None
    with open_text(file, options.encoding) as text:
        table = Table(text, staging.name, options)
        staging.table = table.format
        staging.add_snapshots(staging.add_account(into), table.rows())


def _refusal(start: bytes, encoding: str | None) -> str | None:
    """Return why a file that begins with `start` cannot be imported, None if it may be valid."""
    if not start:
        return "it is empty: name a file that has a history"
    if start.startswith(_WORKBOOK):
        return "it is compressed or a workbook: unpack it first, or save its sheet as CSV"
    if start.startswith(_COMPRESSED):
        return "it is compressed: unpack it first, as with gunzip"
    if encoding is None and b"\0" in start[:_PEEK]:
        return "it is not text in UTF-8: add --encoding, such as --encoding utf-16-le"
    return NOT_AN_EXPORT if _REPORT.match(start) else None
