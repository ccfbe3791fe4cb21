"""JSON for scripts and dashboards.

Every document is an object that begins with its schema's name and version. Integers
are gateway units, moments ISO 8601 UTC with milliseconds and `Z`; unknown is null.
The text is pure ASCII, so that no locale can break it.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.reporting.model import AccountReport, Coverage, Detail, Report
from usage_tracker.times import iso, to_ms

DETAILS = Detail.DEPLETION

_LEFT_OUT: Final[Mapping[type, frozenset[str]]] = {
    Report: frozenset({"periods"}),  # each account has its own
    AccountReport: frozenset({"fan", "trust", "burn_down", "heat", "same_user", "retired"}),
    Coverage: frozenset({"latest"}),
    Depletion: frozenset({"as_of", "since", "origin", "refill"}),
}


def render(report: Report) -> str:
    """Return `report` as the document `usage-tracker.report/1`."""
    return envelope("report", encode(report))


def envelope(command: str, body: Mapping[str, Any]) -> str:
    """Return the document of `command` with `body` in it, a line break at its end."""
    document = {"schema": f"usage-tracker.{command}/1", **body}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def encode(value: Any) -> Any:
    """Return a value of a document: dataclasses as objects, moments as text."""
    if isinstance(value, dt.datetime):
        return iso(to_ms(value))
    if is_dataclass(value):
        kinds = (names for kind, names in _LEFT_OUT.items() if isinstance(value, kind))
        left_out = next(kinds, frozenset[str]())
        names = (field.name for field in fields(value) if field.name not in left_out)
        return {name: encode(getattr(value, name)) for name in names}
    return [encode(item) for item in value] if isinstance(value, tuple | list) else value
