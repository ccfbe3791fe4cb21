"""The templates of `tracker status --format`: text with fields in braces.

    {account} {balance}, {days_left}        $58.14, 14 days
    {balance_usd:.0f}                        58

A field is a name and nothing else, so that a template reaches nothing but the
fields; a number may carry a format of Python's. Unknown is `—`, however formatted.
"""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

from usage_tracker.cli.account_status import Standing
from usage_tracker.errors import MisuseError
from usage_tracker.formatting import UNKNOWN, days, dollars, duration, visible
from usage_tracker.times import iso

_TOO_WIDE = re.compile(r"\d{4}")

Value = str | int | float | None


class UnknownFieldError(MisuseError):
    """A field that there is not."""

    def __init__(self, field: str, known: Mapping[str, Any]) -> None:
        super().__init__(f"no field {field[:40]!r} in a status line: there are {', '.join(known)}")


class BadTemplateError(MisuseError):
    """A template that cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this template cannot be used: {why}; write {{{{ for a brace itself")


def fields(standing: Standing) -> dict[str, Value]:
    """Every field of a template, as text and, where it is one, as a number."""
    snapshot, per_day = standing.snapshot, standing.usd_per_day
    today, last_day = standing.usd(standing.spent_today), standing.usd(standing.spent_24h)
    balance, used = standing.usd(snapshot.quota), standing.usd(snapshot.used_quota)
    return {
        "account": visible(standing.account.name),
        "balance": dollars(balance),
        "used": dollars(used),
        "spent_today": dollars(today),
        "spent_24h": dollars(last_day),
        "rate": dollars(per_day),
        "days_left": days(standing.days_left),
        "age": duration(standing.age),
        "captured_at": iso(snapshot.captured_at),
        "balance_usd": balance,
        "used_usd": used,
        "spent_today_usd": today,
        "spent_24h_usd": last_day,
        "usd_per_day": per_day,
        "days": standing.days_left,
        "age_seconds": standing.age,
        "quota": snapshot.quota,
        "used_quota": snapshot.used_quota,
    }


def fill(template: str, values: Mapping[str, Value]) -> str:
    """`template` with its fields replaced."""
    try:
        parts = list(Formatter().parse(template))
        return "".join(
            before + _field(name, form, conversion, values)
            for before, name, form, conversion in parts
        )
    except (ValueError, OverflowError) as error:
        raise BadTemplateError(str(error)) from None


def _field(
    name: str | None, form: str | None, conversion: str | None, values: Mapping[str, Value]
) -> str:
    if name is None:
        return ""
    if name not in values:
        raise UnknownFieldError(name, values)
    if conversion or "{" in (form or ""):
        raise ValueError(f"{{{name}}} may be followed by a format alone")
    if _TOO_WIDE.search(form or ""):
        raise ValueError(f"{{{name}}} cannot be that wide")
    value = values[name]
    return UNKNOWN if value is None else format(value, form or "")
