"""`ImportOptions`: what the user says about a file that does not say it itself."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from usage_tracker.money import UNITS_PER_USD

Unit = Literal["usd", "units"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read a file.

    * `zone`: of times without an offset; None refuses them.
    * `day_first`: whether `3/11/2026` is 3 November; None refuses it.
    * `unit`: of the amounts; None means dollars if the columns say so, else gateway units.
    * `quota_per_unit`: the units of a dollar, for amounts in dollars.
    * `names`: the file's name of a column, by the name here.
    * `encoding`: of the text; None means UTF-8, or what a byte order mark says.
    """

    zone: dt.tzinfo | None = None
    day_first: bool | None = None
    unit: Unit | None = None
    quota_per_unit: float = UNITS_PER_USD
    names: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How a table was read: the file's names of the columns, by the names here, and its unit.

    `is_certain` is whether that unit was given, or named by the file.
    """

    names: Mapping[str, str]
    unit: Unit
    is_certain: bool


DEFAULT_OPTIONS = ImportOptions()
