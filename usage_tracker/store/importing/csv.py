"""CSV: `captured_at,quota,used_quota[,request_count]`, with that line as its header.

Parsing is strict: blank lines, fractions and words are errors, because a guessed number
is worse than none. A BOM, quotes and CRLF are accepted.
"""

import csv
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from typing import BinaryIO, Final, TextIO

from usage_tracker.store.importing.errors import NOT_AN_EXPORT, InvalidRowError
from usage_tracker.store.importing.staging import StagedRow
from usage_tracker.store.importing.validation import bounded_lines, parse_integer, parse_moment
from usage_tracker.store.schema import Source

HEADER: Final = ("captured_at", "quota", "used_quota", "request_count")
_LONGEST_LINE = 65_536
_SHOWN_LENGTH = 40
_IMPORT = int(Source.IMPORT)  # sqlite3 adapts an IntEnum slowly


def open_text(file: BinaryIO) -> TextIOWrapper:
    """Return `file` as text; valid files are ASCII, and any other character fails as a number."""
    return TextIOWrapper(file, encoding="ascii", errors="surrogateescape", newline="")


def read_csv(file: TextIO, name: str) -> Iterator[StagedRow]:
    """Yield the rows of `file`, called `name` in messages; raises InvalidRowError."""
    reader = csv.reader(bounded_lines(file.readline, name, _LONGEST_LINE), strict=True)
    record: list[str] = []
    try:
        width = _read_header(next(reader, []), name)
        for record in reader:
            if len(record) != width:
                raise InvalidRowError(name, reader.line_num, _wrong_width(record, width))
            yield _row(record, reader.line_num)
    except csv.Error as error:
        raise InvalidRowError(name, reader.line_num, str(error)) from None
    except (ValueError, OverflowError):
        raise InvalidRowError(name, reader.line_num, _problem(record)) from None


def _read_header(record: list[str], name: str) -> int:
    header = tuple(field.strip().lower() for field in record)
    if header not in {HEADER, HEADER[:3]}:
        wanted = ",".join(HEADER[:3])
        if header[:1] == ("account",):
            raise InvalidRowError(name, 1, NOT_AN_EXPORT)
        if any(";" in field or "\t" in field for field in record):
            raise InvalidRowError(name, 1, f"fields must be separated by commas, as in {wanted}")
        raise InvalidRowError(name, 1, f"the header must be {wanted}[,{HEADER[3]}]")
    return len(header)


def _row(record: list[str], line: int) -> StagedRow:
    requests = record[3] if len(record) == len(HEADER) else ""
    return (
        parse_moment(record[0]),
        parse_integer(record[1]),
        parse_integer(record[2]),
        parse_integer(requests) if requests else None,
        None,
        _IMPORT,
        line,
    )


def _wrong_width(record: list[str], width: int) -> str:
    return f"{len(record)} fields instead of {width}" if record else "the line is blank"


def _problem(record: list[str]) -> str:
    if not _is_valid(parse_moment, record[0]):
        return f"captured_at {_quoted(record[0])} is neither ISO 8601 with an offset nor epoch time"
    fields = zip(HEADER[1:], record[1:], strict=False)
    field, text = next(
        (field, text) for field, text in fields if not _is_valid(parse_integer, text)
    )
    return f"{field} {_quoted(text)} is not a whole number of 64 bits"


def _is_valid(parse: Callable[[str], int], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, OverflowError):
        return False
    return True


def _quoted(text: str) -> str:
    return repr(text.encode("ascii", "surrogateescape").decode("utf-8", "replace")[:_SHOWN_LENGTH])
