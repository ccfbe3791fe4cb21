"""Formatting of numbers, dollars, durations and foreign text for readers.

Unknown is `—` and never 0. Rounding never shows a small value as zero or an almost
complete one as complete. Words are English whatever the machine's locale.
"""

import math
import os
import re
from collections.abc import Collection
from typing import TextIO

UNKNOWN = "—"
WITHOUT_CREDIT = "without further credit"
"""What every forecast takes for granted."""
ELLIPSIS = "…"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REPLACEMENT = "\ufffd"

_EVENTS = {
    "top_up": "top-up",
    "reset": "counter reset",
    "covered": "spend paid by others",
    "uncounted": "uncounted by the gateway",
    "stray": "snapshot out of order",
}
_UTC = {"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"}
_MAX_PLACES = 6
_LEAST_PROBABILITY = 1e-6
_CENTS = 2
_MAX_MARKS = 2
_COMBINING = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]+")

_ASCII = str.maketrans(
    {"—": "--", "–": "-", "−": "-", "…": "...", "·": "-", "×": "x", "±": "+/-", "’": "'"}  # noqa: RUF001
)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def dollars(usd: float | None, places: int | None = None) -> str:
    """Format dollars: `$0.0042`, `$12.34`, `$1,234`, `-$3.20`, with `places` decimals if given.

    An amount that rounds to zero at fixed `places` is shown as `<$0.01`.
    """
    if usd is None:
        return UNKNOWN
    decimals = decimal_places(abs(usd)) if places is None else places
    digits = f"{abs(usd):,.{decimals}f}"
    if usd and not digits.strip("0."):
        return f"{'>-' if usd < 0 else '<'}${10.0**-decimals:.{decimals}f}"
    return f"{'-' if usd < 0 else ''}${digits}"


def signed(usd: float | None) -> str:
    """Format a credit with its sign: `+$80.00`, `-$3.20`."""
    return f"{'+' if usd and usd > 0 else ''}{dollars(usd)}"


def column_places(amounts: list[float | None]) -> int:
    """Return the decimals for a column of dollars: cents if the largest is $1 to $10,000."""
    largest = max((abs(usd) for usd in amounts if usd is not None), default=0.0)
    return _CENTS if 1 <= largest < 10_000 else decimal_places(largest)  # noqa: PLR2004


def decimal_places(size: float) -> int:
    """Return the decimals of a single amount.

    Two significant digits below ten cents, cents up to $1,000, then whole dollars.
    """
    if size >= 1000:  # noqa: PLR2004
        return 0
    if size == 0 or size >= 0.1:  # noqa: PLR2004
        return _CENTS
    return min(_MAX_PLACES, 1 - math.floor(math.log10(size)))


def count(number: int | None) -> str:
    """Format a whole number with thousands separators: `1,234,567`."""
    return UNKNOWN if number is None else f"{number:,}"


def count_noun(number: int, noun: str) -> str:
    """Format a number with its noun: `1 snapshot`, `4,320 snapshots`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shorten(names: Collection[str], most: int = 5) -> str:
    """Return the first names, and `...` for more of them."""
    shown = ", ".join(list(names)[:most])
    return f"{shown}, ..." if len(names) > most else shown


def percent(share: float | None, places: int = 0) -> str:
    """Format a share: `98 %`, `97.5 %` with `places`; `<1 %`, `>99 %` rather than 0 or 100 %."""
    if share is None:
        return UNKNOWN
    rounded, least = round(share * 100, places), 10.0**-places
    if rounded == 0 and share > 0:
        return f"<{least:g} %"
    if rounded == 100 and share < 1:  # noqa: PLR2004
        return f">{100 - least:g} %"
    return f"{rounded:g} %"


def probability(share: float, places: int = 0) -> str:
    """Format a probability like `percent`, but never as 0 or 100 %: no forecast is certain."""
    return percent(min(max(share, _LEAST_PROBABILITY), 1 - _LEAST_PROBABILITY), places)


def duration(seconds: float | None) -> str:
    """Format a duration: `84 s`, `25 min`, `9 h`, `3.5 days`, `120 days`."""
    if seconds is None:
        return UNKNOWN
    if abs(seconds) < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / _MINUTE)
    if abs(seconds) < 2 * _HOUR and minutes % 60:
        return f"{minutes} min"
    if abs(seconds) < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return days(seconds / _DAY)


def age(seconds: float | None) -> str:
    """Format an age: `25 min`, `26 h`, `5 days`; rounded down from one day on."""
    if seconds is None or seconds < _DAY:
        return duration(seconds)
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:,.0f} days"


def days(number: float | None) -> str:
    """Format days with the unit: `0.4 days`, `3.5 days`, `120 days`."""
    text = day_count(number)
    return text if number is None else f"{text} day{'' if text == '1.0' else 's'}"


def day_count(number: float | None) -> str:
    """Format days without the unit: `0.4`, `3.5`, `120`."""
    if number is None:
        return UNKNOWN
    return f"{number:,.{0 if abs(number) >= 9.95 else 1}f}"  # noqa: PLR2004


def timezone_name(name: str) -> str:
    """Format the name of a time zone: `UTC` for `Etc/UTC`, `UTC+08:00`, `Asia/Taipei`."""
    if name.startswith(("+", "-")):
        return f"UTC{name}"
    return "UTC" if name in _UTC else name


def event_name(kind: str) -> str:
    """Format the kind of an event: `top-up`, `refund`, `counter reset`."""
    return _EVENTS.get(kind, kind.replace("_", " "))


def visible(text: str, replacement: str = REPLACEMENT) -> str:
    """Return foreign `text` on one line, with control and bidirectional characters replaced."""
    return "".join(" " if c.isspace() else c if c.isprintable() else replacement for c in text)


def plain(text: str, limit: int = 60) -> str:
    """Return foreign `text` on one line of at most `limit` characters, safe to print.

    Invisible and bidirectional characters become replacement characters. Markup stays:
    each renderer escapes its own.
    """
    head = text[: 4 * limit]
    safe = _COMBINING.sub(lambda marks: marks[0][:_MAX_MARKS], visible(head)).strip()
    return truncate(safe, limit, cut=len(head) < len(text))


def truncate(text: str, limit: int, *, cut: bool = False) -> str:
    """Return `text` in at most `limit` characters, with an ellipsis if shortened here or `cut`."""
    return text if len(text) <= limit and not cut else text[: limit - 1].rstrip() + ELLIPSIS


def stream_encoding(stream: TextIO) -> str:
    """Return the encoding to write to `stream`.

    In the C locale Python writes UTF-8, but whoever sets that locale wants ASCII.
    """
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if next(filter(None, named), "") in {"C", "POSIX"}:
        return "ascii"
    return getattr(stream, "encoding", None) or "utf-8"


def can_encode(stream: TextIO, text: str) -> bool:
    """Return whether `text` can be written to `stream` in `stream_encoding`."""
    try:
        text.encode(stream_encoding(stream))
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def transliterate(text: str, encoding: str = "ascii") -> str:
    """Return `text` with substitutes for the characters that `encoding` lacks."""
    return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
