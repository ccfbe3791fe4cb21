"""Flat JSON objects: a snapshot whose columns are the keys, such as {"time": …, "balance": …}."""

from collections.abc import Mapping
from typing import Any, Final

from usage_tracker.store.importing.amounts import NOT_AN_INTEGER, read_dollars, read_units
from usage_tracker.store.importing.columns import COLUMNS, Columns, find_columns, known_columns
from usage_tracker.store.importing.moments import Moments
from usage_tracker.store.importing.options import ImportOptions, TableFormat, Unit
from usage_tracker.store.importing.validation import ValidationError, epoch_ms

_AMOUNTS: Final = frozenset(COLUMNS[1:3])

Counters = tuple[int, int, int | None]


class FlatObjects:
    """Reads the flat objects of one file. All must be in the same unit."""

    def __init__(self, options: ImportOptions) -> None:
        self._options = options
        self._columns: dict[tuple[str, ...], Columns] = {}
        self._moments = Moments(options)
        self.format: TableFormat | None = None

    def fits(self, document: Mapping[str, Any]) -> bool:
        """Return whether `document` has a column of amounts."""
        return bool(self._options.names) or not _AMOUNTS.isdisjoint(known_columns(tuple(document)))

    def moment(self, document: Mapping[str, Any]) -> int:
        """Return the `captured_at` of `document` in UTC ms. Raises ValidationError."""
        return json_moment(document.get("captured_at"), "captured_at", self._moments)

    def read(self, document: Mapping[str, Any]) -> tuple[int, Counters]:
        """Return the moment (UTC ms) and the counters. Raises ValidationError."""
        names = self._names(document)
        cells = {column: document[name] for column, name in names.items()}
        moment = json_moment(cells["captured_at"], names["captured_at"], self._moments)
        quota, used = (self._amount(cells[key], names[key]) for key in COLUMNS[1:3])
        requests = cells.get("request_count")
        count = None if requests is None else _units(requests, names["request_count"])
        return moment, (quota, used, count)

    def _names(self, document: Mapping[str, Any]) -> Mapping[str, str]:
        keys = tuple(document)
        columns = self._columns.get(keys)
        if columns is None:
            columns = self._columns[keys] = find_columns(keys, self._options.names)
            if columns.time is not None:
                raise ValidationError("date and time must be one value")
            self._check_unit(columns, keys)
        return columns.names(keys)

    def _check_unit(self, columns: Columns, keys: tuple[str, ...]) -> None:
        chosen = self._options.unit
        unit: Unit = chosen or ("usd" if columns.in_dollars else "units")
        if self.format is not None and self.format.unit != unit:
            raise ValidationError("it is in another unit than the lines before")
        is_certain = chosen is not None or unit == "usd"
        self.format = self.format or TableFormat(columns.names(keys), unit, is_certain)

    def _amount(self, value: object, name: str) -> int:
        if self.format is None or self.format.unit == "units":
            return _units(value, name)
        try:
            return read_dollars(_text(value), self._options.quota_per_unit, semicolons=False)
        except ValidationError as error:
            raise ValidationError(f"{name} {error}") from None


def json_moment(value: object, name: str, moments: Moments) -> int:
    """Return the UTC ms of a JSON value called `name`. Raises ValidationError."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return moments.read(str(value))
        if isinstance(value, float):
            moment = epoch_ms(int(value))
            return moment if moment == int(value) else round(value * 1000)  # it is in seconds
        if isinstance(value, str):
            return moments.read(value)
    except ValidationError as error:
        raise ValidationError(f"{name} {error}") from None
    except (ValueError, OverflowError):
        pass
    raise ValidationError(f"{name} is neither ISO 8601 with an offset nor epoch time")


def _units(value: object, name: str) -> int:
    try:
        return read_units(_text(value), semicolons=False)
    except ValidationError as error:
        raise ValidationError(f"{name} {error}") from None


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValidationError(NOT_AN_INTEGER)
    # Not repr(): `1e-05` is no amount as people write it.
    return f"{value:.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
