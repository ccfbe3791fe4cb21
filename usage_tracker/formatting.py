"""Numbers, dollars, durations and foreign text as a reader sees them, the same everywhere.

Unknown is `—` and never 0; what is small is never shown as nothing, what is nearly
complete never as complete. Words are English whatever the machine's locale.
"""

import math
import re

UNKNOWN = "—"
ELLIPSIS = "…"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REPLACEMENT = "\ufffd"

_EVENTS = {"top_up": "top-up", "reset": "counter reset"}
_UTC = {"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"}
_FINEST = 6
_LEAST_CHANCE = 1e-6
_CENTS = 2
_MARKS_KEPT = 2
_STACKED = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]+")

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def dollars(usd: float | None, places: int | None = None) -> str:
    """`$0.0042`, `$12.34`, `$1,234`, `-$3.20`; `places` fixes the decimals, as in a column.

    What would round to nothing at fixed `places` is shown as `<$0.01`.
    """
    if usd is None:
        return UNKNOWN
    decimals = own_places(abs(usd)) if places is None else places
    digits = f"{abs(usd):,.{decimals}f}"
    if usd and not digits.strip("0."):
        return f"{'>-' if usd < 0 else '<'}${10.0**-decimals:.{decimals}f}"
    return f"{'-' if usd < 0 else ''}${digits}"


def signed(usd: float | None) -> str:
    """A credit with its sign: `+$80.00`, `-$3.20`; `—` if it is unknown."""
    return f"{'+' if usd and usd > 0 else ''}{dollars(usd)}"


def common_places(amounts: list[float | None]) -> int:
    """The decimals for a column of dollars: those of its largest amount, cents up to $10,000."""
    largest = max((abs(usd) for usd in amounts if usd is not None), default=0.0)
    return _CENTS if 1 <= largest < 10_000 else own_places(largest)  # noqa: PLR2004


def own_places(size: float) -> int:
    """The decimals of an amount told alone.

    Two significant digits below ten cents, cents up to $1,000, then whole dollars.
    """
    if size >= 1000:  # noqa: PLR2004
        return 0
    if size == 0 or size >= 0.1:  # noqa: PLR2004
        return _CENTS
    return min(_FINEST, 1 - math.floor(math.log10(size)))


def count(number: int | None) -> str:
    """A whole number with thousands separated: `1,234,567`."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, noun: str) -> str:
    """`1 snapshot`, `4,320 snapshots`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float | None, places: int = 0) -> str:
    """`98 %`, or `97.5 %` with so many `places`; `<1 %` and `>99 %` where rounding would lie."""
    if share is None:
        return UNKNOWN
    rounded, least = round(share * 100, places), 10.0**-places
    if rounded == 0 and share > 0:
        return f"<{least:g} %"
    if rounded == 100 and share < 1:  # noqa: PLR2004
        return f">{100 - least:g} %"
    return f"{rounded:g} %"


def chance(share: float, places: int = 0) -> str:
    """A probability as `percent` tells it, but never 0 or 100 %: no forecast is certain."""
    return percent(min(max(share, _LEAST_CHANCE), 1 - _LEAST_CHANCE), places)


def duration(seconds: float | None) -> str:
    """A length of time as one speaks of it: `84 s`, `25 min`, `9 h`, `3.5 days`, `120 days`."""
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
    """How old something is; from a day on in whole units gone by, as a forecast tells it.

    `25 min`, `26 h`, `5 days`.
    """
    if seconds is None or seconds < _DAY:
        return duration(seconds)
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:,.0f} days"


def days(number: float | None) -> str:
    """A number of days with its unit: `0.4 days`, `3.5 days`, `120 days`."""
    text = day_count(number)
    return text if number is None else f"{text} day{'' if text == '1.0' else 's'}"


def day_count(number: float | None) -> str:
    """A number of days: `0.4`, `3.5`, `120`."""
    if number is None:
        return UNKNOWN
    return f"{number:,.{0 if abs(number) >= 9.95 else 1}f}"  # noqa: PLR2004


def timezone(name: str) -> str:
    """Return how a time zone is shown: `UTC` for `Etc/UTC`, `UTC+08:00`, `Asia/Taipei`."""
    if name.startswith(("+", "-")):
        return f"UTC{name}"
    return "UTC" if name in _UTC else name


def event(kind: str) -> str:
    """The name of a kind of event: `top-up`, `refund`, `counter reset`."""
    return _EVENTS.get(kind, kind.replace("_", " "))


def visible(text: str, instead: str = REPLACEMENT) -> str:
    """Foreign `text` on one line, with `instead` of what is invisible or turns the writing."""
    return "".join(" " if c.isspace() else c if c.isprintable() else instead for c in text)


def plain(text: str, limit: int = 60) -> str:
    """Foreign `text` made harmless to look at, in at most `limit` characters.

    It stays on one line and shows what is invisible or reversing as a replacement
    character; markup is left alone: each face escapes its own.
    """
    head = text[: 4 * limit]
    tame = _STACKED.sub(lambda marks: marks[0][:_MARKS_KEPT], visible(head)).strip()
    return shortened(tame, limit, cut=len(head) < len(text))


def shortened(text: str, limit: int, *, cut: bool = False) -> str:
    """`text` in at most `limit` characters; an ellipsis tells that some were left out, or `cut`."""
    return text if len(text) <= limit and not cut else text[: limit - 1].rstrip() + ELLIPSIS
