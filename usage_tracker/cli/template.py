"""Templates of `tracker status --format`: text with fields in braces.

    {account} {balance}, {days_left}        work $58.14, 14 days
    {balance_usd:.0f}                       58

A field is only a name, so that a template has no access to attributes; a number may have one
of Python's format specifications. An unknown value is `—` in any format.
"""

import datetime as dt
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

from usage_tracker.cli.account_status import RUNS_OUT, AccountStatus
from usage_tracker.errors import MisuseError
from usage_tracker.formatting import UNKNOWN, days, dollars, duration, visible
from usage_tracker.render.dates import Calendar
from usage_tracker.times import from_ms, iso

SOON = dt.timedelta(days=2)
"""A time less than this ahead is shown to the minute."""

_TOO_WIDE = re.compile(r"\d{4}")

Value = str | int | float | None


class UnknownFieldError(MisuseError):
    """A field is unknown."""

    def __init__(self, field: str, known: Mapping[str, Any]) -> None:
        super().__init__(f"unknown field {field[:40]!r}: use one of {', '.join(known)}")


class BadTemplateError(MisuseError):
    """A template cannot be parsed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"invalid template: {why}; write {{{{ for a brace itself")


def fields(status: AccountStatus) -> dict[str, Value]:
    """Return every field of a template: texts, then numbers."""
    snapshot, per_day = status.snapshot, status.usd_per_day
    today, last_day = status.usd(status.spent_today), status.usd(status.spent_24h)
    balance, used = status.usd(snapshot.quota), status.usd(snapshot.used_quota)
    return {
        "account": visible(status.account.name),
        "balance": dollars(balance),
        "used": dollars(used),
        "spent_today": dollars(today),
        "spent_24h": dollars(last_day),
        "rate": dollars(per_day),
        "days_left": days(status.days_left),
        "age": duration(status.age),
        "captured_at": iso(snapshot.captured_at),
        **{name: _date(status.runs_out(at), status) for name, at in RUNS_OUT.items()},
        "balance_usd": balance,
        "used_usd": used,
        "spent_today_usd": today,
        "spent_24h_usd": last_day,
        "usd_per_day": per_day,
        "days": status.days_left,
        "age_seconds": status.age,
        "quota": snapshot.quota,
        "used_quota": snapshot.used_quota,
    }


def _date(moment: int | None, status: AccountStatus) -> str | None:
    if moment is None:
        return None
    now, at = from_ms(status.now), from_ms(moment)
    calendar = Calendar(status.tz, now)
    return calendar.minute(at) if at - now < SOON else calendar.day(at)


def fill(template: str, values: Mapping[str, Value]) -> str:
    """Return `template` with its fields replaced."""
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
        raise ValueError(f"{{{name}}} may only be followed by a format")
    if _TOO_WIDE.search(form or ""):
        raise ValueError(f"{{{name}}} cannot be that wide")
    value = values[name]
    return UNKNOWN if value is None else format(value, form or "")
