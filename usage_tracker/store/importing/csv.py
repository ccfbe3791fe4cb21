"""CSV: `captured_at,quota,used_quota[,request_count]`, with that line as its head.

Strict, because a number that is guessed is worse than none: no blank lines, no
fractions, no words. A BOM, quotes and CRLF are fine.
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
_SHOWN = 40
_IMPORT = int(Source.IMPORT)  # sqlite3 takes its time with what is not quite an int


def open_text(file: BinaryIO) -> TextIOWrapper:
    """The text of `file`. All that is good is ASCII; anything else will fail to be a number."""
    return TextIOWrapper(file, encoding="ascii", errors="surrogateescape", newline="")


def read_csv(file: TextIO, name: str) -> Iterator[StagedRow]:
    """The rows of `file`, which messages call `name`; a BadRowError for the first bad one."""
    reader = csv.reader(bounded_lines(file.readline, name, _LONGEST_LINE), strict=True)
    record: list[str] = []
    try:
        width = _read_head(next(reader, []), name)
        for record in reader:
            if len(record) != width:
                raise InvalidRowError(name, reader.line_num, _misshapen(record, width))
            yield _row(record, reader.line_num)
    except csv.Error as error:
        raise InvalidRowError(name, reader.line_num, str(error)) from None
    except (ValueError, OverflowError):
        raise InvalidRowError(name, reader.line_num, _flaw(record)) from None


def _read_head(record: list[str], name: str) -> int:
    head = tuple(field.strip().lower() for field in record)
    if head not in {HEADER, HEADER[:3]}:
        wanted = ",".join(HEADER[:3])
        if head[:1] == ("account",):
            raise InvalidRowError(name, 1, NOT_AN_EXPORT)
        if any(";" in field or "\t" in field for field in record):
            raise InvalidRowError(name, 1, f"fields are to be separated by commas, as in {wanted}")
        raise InvalidRowError(name, 1, f"the head of the file is to be {wanted}[,{HEADER[3]}]")
    return len(head)


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


def _misshapen(record: list[str], width: int) -> str:
    return f"{len(record)} fields instead of {width}" if record else "it is blank"


def _flaw(record: list[str]) -> str:
    if not _is(parse_moment, record[0]):
        return f"captured_at {_shown(record[0])} is neither ISO 8601 with an offset nor epoch time"
    fields = zip(HEADER[1:], record[1:], strict=False)
    field, text = next((field, text) for field, text in fields if not _is(parse_integer, text))
    return f"{field} {_shown(text)} is not a whole number of 64 bits"


def _is(what: Callable[[str], int], text: str) -> bool:
    try:
        what(text)
    except (ValueError, OverflowError):
        return False
    return True


def _shown(text: str) -> str:
    return repr(text.encode("ascii", "surrogateescape").decode("utf-8", "replace")[:_SHOWN])
