"""JSON Lines: one snapshot, failure or event a line, optionally after a line about the account.

    {"schema": "usage-tracker.export/1", "account": "default", "base_url": "https://..."}
    {"captured_at": "2026-11-23T13:15:00.000Z", "response": {"success": true, "data": {...}}}
    {"captured_at": "2026-11-23T13:25:00.000Z", "rest": "same", "response": {"data": {...}}}
    {"time": 1795439700.5, "balance": 41210000, "used": 2310000}
    {"attempted_at": "2026-11-23T13:35:00.000Z", "kind": "timeout"}
    {"baseline": {"at": "2026-11-23T13:25:00.000Z", "reserved": 0, "exact": true}}
    {"event": "top_up", "after": "2026-11-23T13:15:00.000Z", "at": "...", "quota": 5000000}

`response` is a complete response, parsed as if a gateway had sent it. In a line with `rest`
it has only the counters, and the profile is that of the snapshot line before ("same") or
unknown (null). `source` is "import" unless it is "gateway". A line without a response has its
values itself, by the names that `columns` knows.

A pruned history has a `baseline`: the events after it in the file replace the missing
snapshots up to that moment. `reserved` is how far the settled level was above
quota + spend there, and `exact` is whether that level recurred.
"""

import json
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from itertools import chain
from typing import Any, BinaryIO, Final, NoReturn, cast

from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.user import parse_user_self
from usage_tracker.ledger.events import Event, Kind
from usage_tracker.money import as_quota_per_unit, fits_int64
from usage_tracker.store import profiles
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import InvalidHistoryError, InvalidRowError
from usage_tracker.store.importing.flat_json import Counters, FlatObjects, json_moment
from usage_tracker.store.importing.moments import Moments
from usage_tracker.store.importing.options import DEFAULT_OPTIONS, ImportOptions
from usage_tracker.store.importing.staging import StagedRow, Staging
from usage_tracker.store.importing.validation import (
    ValidationError,
    bounded_lines,
    check_failure,
    check_text,
    check_url,
)
from usage_tracker.store.schema import Source

SCHEMA: Final = "usage-tracker.export/1"
_ANY_SCHEMA: Final = "usage-tracker.export/"
_NEWER: Final = "it was exported by a newer version of usage-tracker: update this one"
SAME: Final = "same"
SOURCES: Final = {"gateway": Source.GATEWAY, "import": Source.IMPORT}

_NOT_JSON: Final = "it is not JSON with an object in each line, as `jq -c` writes it"
_LONGEST_LINE = 4 * 1024 * 1024

Document = dict[str, Any]
Numbered = Iterator[tuple[int, Document]]


def stage_jsonl(
    file: BinaryIO, staging: Staging, into: AccountSpec, options: ImportOptions = DEFAULT_OPTIONS
) -> None:
    """Stage the lines of `file` as history of `into`."""
    documents = _documents(file, staging.name, options.encoding)
    number, first = next(documents, (1, {}))
    if first.get("schema") == SCHEMA:
        staging.is_export = True
        into = into.completed_by(_account_spec(first, staging.name))
    elif str(first.get("schema")).startswith(_ANY_SCHEMA):
        raise InvalidRowError(staging.name, number, _NEWER)
    else:
        documents = chain([(number, first)], documents)
    account = staging.add_account(into)
    flat = FlatObjects(options)
    staging.add_snapshots(account, _rows(documents, staging, account, flat))
    staging.table = flat.format


def _documents(file: BinaryIO, name: str, encoding: str | None) -> Numbered:
    for number, line in enumerate(_lines(file, name, encoding), 1):
        if not line.strip():
            continue
        try:
            document = json.loads(line, parse_constant=_reject_constant)
        except (ValueError, RecursionError):
            raise InvalidRowError(name, number, _NOT_JSON) from None
        if not isinstance(document, dict):
            raise InvalidRowError(name, number, "it is not a JSON object")
        yield number, document


def _lines(file: BinaryIO, name: str, encoding: str | None) -> Iterator[bytes | str]:
    if encoding is None:
        yield from bounded_lines(file.readline, name, _LONGEST_LINE)
        return
    try:
        with TextIOWrapper(file, encoding=encoding) as text:
            yield from bounded_lines(text.readline, name, _LONGEST_LINE)
    except UnicodeError:
        raise InvalidHistoryError(name, f"it is not text in {encoding}") from None


def _rows(
    documents: Numbered, staging: Staging, account: int, flat: FlatObjects
) -> Iterator[StagedRow]:
    profile: int | None = None
    for number, document in documents:
        try:
            if "attempted_at" in document:
                staging.add_failure(account, _failure(document))
                continue
            if "baseline" in document:
                staging.add_baseline(account, _baseline(document["baseline"]), number)
                continue
            if "event" in document:
                staging.add_event(account, _event(document), number)
                continue
            if "rest" in document:
                profile = _previous_profile(document, profile)
                captured_at, counters = flat.moment(document), _counters(document)
            elif "response" not in document and flat.fits(document):
                profile, (captured_at, counters) = None, flat.read(document)
            else:
                captured_at = flat.moment(document)
                counters, body = _full_response(document, captured_at)
                profile = staging.add_profile(account, profiles.digest(body), body)
            yield captured_at, *counters, profile, _source(document), number
        except ValidationError as flaw:
            raise InvalidRowError(staging.name, number, str(flaw)) from None


def _full_response(document: Document, captured_at: int) -> tuple[Counters, str]:
    if "response" not in document:
        raise ValidationError("response is missing")
    try:
        answer = parse_user_self(document["response"], captured_at)
    except GatewayError as error:
        raise ValidationError(f"response is invalid ({error.detail or error.kind})") from None
    counters = (answer.quota, answer.used_quota, answer.request_count)
    return counters, profiles.canonical_json(answer.profile)


def _previous_profile(document: Document, before: int | None) -> int | None:
    if document["rest"] is None:
        return None
    if document["rest"] != SAME or before is None:
        raise ValidationError('rest must be null, or "same" after a line with a complete response')
    return before


def _counters(document: Document) -> tuple[int, int, int | None]:
    response = document.get("response")
    data = response.get("data") if isinstance(response, Mapping) else None
    if not isinstance(data, Mapping):
        raise ValidationError("response has no data")
    requests = data.get("request_count")
    return (
        _integer(data.get("quota"), "quota"),
        _integer(data.get("used_quota"), "used_quota"),
        None if requests is None else _integer(requests, "request_count"),
    )


def _failure(document: Document) -> Failure:
    kind, status, detail = (document.get(key) for key in ("kind", "http_status", "detail"))
    if not isinstance(kind, str):
        raise ValidationError("kind must be text")
    if detail is not None and not isinstance(detail, str):
        raise ValidationError("detail must be text or null")
    http_status = None if status is None else _integer(status, "http_status")
    return check_failure(Failure(_moment(document, "attempted_at"), kind, http_status, detail))


def _baseline(document: object) -> StoredCheckpoint:
    if not isinstance(document, dict):
        raise ValidationError("baseline must be an object")
    exact = document.get("exact")
    if not isinstance(exact, bool):
        raise ValidationError("exact must be true or false")
    reserved = _integer(document.get("reserved"), "reserved")
    return StoredCheckpoint(_moment(document, "at"), 0, reserved, exact, is_baseline=True)


def _event(document: Document) -> Event:
    confirmed = document.get("confirmed", True)
    if not isinstance(confirmed, bool):
        raise ValidationError("confirmed must be true or false")
    return Event(
        _moment(document, "at"),
        _moment(document, "after"),
        cast("Kind", str(document["event"])),
        _integer(document.get("quota"), "quota"),
        confirmed,
    )


def _account_spec(head: Document, name: str) -> AccountSpec:
    try:
        created_at = _moment(head, "created_at") if "created_at" in head else None
        account, url = _text(head, "account"), _text(head, "base_url")
        base_url = None if url is None else check_url(url)
        return AccountSpec(account, base_url, _quota_per_unit(head), created_at)
    except ValidationError as flaw:
        raise InvalidRowError(name, 1, str(flaw)) from None


def _quota_per_unit(head: Document) -> float | None:
    units = head.get("quota_per_unit")
    valid = as_quota_per_unit(units)
    if units is not None and valid is None:
        raise ValidationError("quota_per_unit must be a number greater than zero")
    return valid


def _text(document: Document, key: str) -> str | None:
    value = document.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value:
        return check_text(value, key)
    raise ValidationError(f"{key} must be text")


def _source(document: Document) -> Source:
    try:
        return SOURCES[document.get("source", "import")]
    except (KeyError, TypeError):
        raise ValidationError(f"source must be one of {', '.join(SOURCES)}") from None


def _moment(document: Document, key: str) -> int:
    return json_moment(document.get(key), key, Moments(DEFAULT_OPTIONS))


def _integer(value: object, key: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and fits_int64(value):
        return value
    raise ValidationError(f"{key} is not a whole number of 64 bits")


def _reject_constant(text: str) -> NoReturn:
    raise ValueError(text)
