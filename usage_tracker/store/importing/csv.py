"""CSV as people have it: a header with known names, and a snapshot in each row.

`captured_at,quota,used_quota[,request_count]` is what `export` writes. Separators, other
names, another order, further columns, and rows without a value are accepted; a value that can
be read in two ways is an error, because a guessed number is worse than none.
"""

import csv
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO, Final, TextIO
from unicodedata import normalize

from usage_tracker.store.importing.amounts import read_dollars, read_units
from usage_tracker.store.importing.columns import COLUMNS, Columns, find_columns
from usage_tracker.store.importing.errors import NOT_AN_EXPORT, InvalidHistoryError, InvalidRowError
from usage_tracker.store.importing.moments import Moments
from usage_tracker.store.importing.options import DEFAULT_OPTIONS, ImportOptions, TableFormat, Unit
from usage_tracker.store.importing.staging import StagedRow
from usage_tracker.store.importing.validation import (
    ValidationError,
    bounded_lines,
    parse_integer,
    parse_moment,
)
from usage_tracker.store.schema import Source

HEADER: Final = COLUMNS
_SEPARATORS: Final = ",;\t|"
_LONGEST_LINE = 65_536
_SHOWN_LENGTH = 40
_REPLACEMENT = "\ufffd"
_NOT_UTF8: Final = (
    "the names of its columns are not in UTF-8: add --encoding gbk, --encoding big5 or what it is"
)
_IMPORT = int(Source.IMPORT)  # sqlite3 adapts an IntEnum slowly


def open_text(file: BinaryIO, encoding: str | None = None) -> TextIOWrapper:
    """Return `file` as text, in ASCII unless an encoding is given.

    Numbers and times are ASCII; other characters are decoded where they matter.
    """
    errors = "surrogateescape" if encoding is None else "strict"
    return TextIOWrapper(file, encoding=encoding or "ascii", errors=errors, newline="")


class Table:
    """The rows of a CSV file, called `name` in messages.

    `header` are the names of its columns, and `columns` where they are.
    """

    def __init__(self, file: TextIO, name: str, options: ImportOptions = DEFAULT_OPTIONS) -> None:
        self.name, self._options = name, options
        lines = bounded_lines(file.readline, name, _LONGEST_LINE)
        if options.encoding is not None:
            lines = _as_ascii(lines, name, options.encoding)
        first = next(lines, "")
        self._skipped = int(first.lower().startswith("sep="))  # written by spreadsheets
        first = next(lines, "") if self._skipped else first
        separator = max(_SEPARATORS, key=first.count)
        self._semicolons = separator == ";"
        lines = chain([first], lines)
        self._reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
        self.header = self._read_header()
        self.columns = self._find_columns()
        self.unit: Unit = options.unit or ("usd" if self.columns.in_dollars else "units")
        self._moments = Moments(options)
        self._account: str | None = None

    @property
    def format(self) -> TableFormat:
        """How the table is read. The unit of a file that `export` wrote is certain."""
        is_export = tuple(self.header) == HEADER and not self._semicolons
        is_certain = is_export or self._options.unit is not None or self.unit == "usd"
        return TableFormat(self.columns.names(self.header), self.unit, is_certain)

    def rows(self) -> Iterator[StagedRow]:
        """Yield the rows; raises InvalidRowError."""
        columns = self.columns
        is_plain = self.unit == "units" and columns.account is None and columns.time is None
        read = self._plain_reader() if is_plain else self._careful
        reader, skipped = self._reader, self._skipped
        try:
            for record in reader:
                row = read(record, reader.line_num + skipped)
                if row is not None:
                    yield row
        except (csv.Error, ValidationError) as error:
            raise InvalidRowError(self.name, reader.line_num + skipped, str(error)) from None

    def _plain_reader(self) -> Callable[[list[str], int], StagedRow | None]:
        """Return `_careful`, but quick for records as `export` writes them: most files are."""
        width, careful = len(self.header), self._careful
        at, left, used = self.columns.captured_at, self.columns.quota, self.columns.used_quota
        requests = self.columns.request_count

        def read(record: list[str], line: int) -> StagedRow | None:
            if len(record) != width:
                return careful(record, line)
            try:
                return (
                    parse_moment(record[at]),
                    parse_integer(record[left]),
                    parse_integer(record[used]),
                    None
                    if requests is None or not (count := record[requests])
                    else parse_integer(count),
                    None,
                    _IMPORT,
                    line,
                )
            except (ValueError, OverflowError):
                return careful(record, line)

        return read

    def _careful(self, record: list[str], line: int) -> StagedRow | None:
        """Return the row of a `record`; None if it is blank. Raises ValidationError."""
        cells = [_decoded(cell).strip() for cell in record]
        if not any(cells):
            return None
        columns, width = self.columns, len(self.header)
        if len(cells) <= columns.last_required or any(cells[width:]):
            raise ValidationError(f"{len(cells)} fields instead of {width}")
        cells += [""] * (width - len(cells))
        if columns.account is not None:
            self._check_account(cells[columns.account])
        requests = "" if columns.request_count is None else cells[columns.request_count]
        moment = cells[columns.captured_at]
        if columns.time is not None:
            moment = f"{moment} {cells[columns.time]}"
        return (
            _read("captured_at", moment, self._moments.read),
            _read("quota", cells[columns.quota], self._amount),
            _read("used_quota", cells[columns.used_quota], self._amount),
            _read("request_count", requests, self._units) if requests else None,
            None,
            _IMPORT,
            line,
        )

    def _amount(self, text: str) -> int:
        if self.unit == "units":
            return self._units(text)
        unit = self._options.quota_per_unit
        return read_dollars(text, unit, semicolons=self._semicolons)

    def _units(self, text: str) -> int:
        return read_units(text, semicolons=self._semicolons)

    def _check_account(self, name: str) -> None:
        self._account = name if self._account is None else self._account
        if name != self._account:
            raise ValidationError(
                f"it is of the account {_shown(name)}, and the rows before are of "
                f"{_shown(self._account)}: import a file for each"
            )

    def _read_header(self) -> list[str]:
        try:
            return [_decoded(cell) for cell in next(self._reader, [])]
        except csv.Error as error:
            raise InvalidRowError(self.name, 1, str(error)) from None

    def _find_columns(self) -> Columns:
        try:
            return find_columns(self.header, self._options.names)
        except ValidationError as error:
            if self.header[:1] == ["account"]:
                raise InvalidRowError(self.name, 1, NOT_AN_EXPORT) from None
            if any(_REPLACEMENT in cell for cell in self.header):
                raise InvalidHistoryError(self.name, _NOT_UTF8) from None
            raise InvalidRowError(self.name, 1 + self._skipped, str(error)) from None


def _read(column: str, text: str, read: Callable[[str], int]) -> int:
    try:
        return read(text)
    except ValidationError as error:
        raise ValidationError(f"{column} {_shown(text)} {error}") from None


def _as_ascii(lines: Iterator[str], name: str, encoding: str) -> Iterator[str]:
    """Yield `lines` as `open_text` reads them from a file in UTF-8."""
    try:
        for line in lines:
            yield line.encode().decode("ascii", "surrogateescape")
    except UnicodeError:
        raise InvalidHistoryError(name, f"it is not text in {encoding}") from None


def _decoded(text: str) -> str:
    if text.isascii():
        return text
    # NFKC: full-width signs and narrow spaces become the usual ones.
    return normalize("NFKC", text.encode("ascii", "surrogateescape").decode("utf-8", "replace"))


def _shown(text: str) -> str:
    return repr(text[:_SHOWN_LENGTH])
