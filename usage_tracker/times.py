"""Moments, durations, time zones, and the limit beyond which an interval is a gap.

Inside the program and in the database a moment is an `int`, milliseconds since 1970 in
UTC; at the edges of the program it is an aware `datetime` or ISO 8601 text.
"""

import datetime as dt
import io
import re
import struct
import zoneinfo
from collections.abc import Callable, Sequence

from usage_tracker.errors import MisuseError

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LAST_MOMENT = 253_402_300_799_999
"""The end of the year 9999, the largest datetime."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_UNITS = {"s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"(\d{1,9})\s*(s|m|min|h|d|w)")
_MONTHS = re.compile(r"(\d{1,5})\s*mo")
_MINUTES_OR_MONTHS = re.compile(r"\d+\s*[mM]")
_MONTHS_A_YEAR = 12
_DATE_ALONE = re.compile(r"\d{8}|\d{4}([-/])\d{1,2}\1\d{1,2}")
_SLASHED_DATE = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)")
_COMPACT_DATE = re.compile(r"\d{8}")


class UnreadableTimeError(MisuseError):
    """Text that is neither a moment nor a duration."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:60]!r} is not a time: use ISO 8601 (2026-11-23T13:15+08:00), 20261123, "
            "2026/11/23, 7d, 2w, 3mo, today, yesterday or now"
        )


class AmbiguousTimeError(MisuseError):
    """An amount of minutes or of months."""

    def __init__(self, text: str) -> None:
        amount = text[:60].rstrip("mM ")
        super().__init__(f"{text[:60]!r} may be minutes or months: use {amount}min or {amount}mo")


class UnreadableDurationError(MisuseError):
    """Text that is not a duration."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:60]!r} is not a duration: use 90s, 10m, 6h, 7d or 4w")


class NaiveMomentError(MisuseError):
    """A datetime without a time zone."""

    def __init__(self, moment: dt.datetime) -> None:
        super().__init__(
            f"{moment} has no time zone: use an aware datetime, such as "
            "datetime(2026, 11, 23, tzinfo=datetime.UTC)"
        )


class UnknownZoneError(MisuseError):
    """A time zone that the machine does not know."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"unknown time zone {name[:60]!r}: use an IANA name such as Asia/Taipei, "
            "or an offset such as +08:00"
        )


def now_ms() -> int:
    """Return the machine's time in UTC milliseconds."""
    return to_ms(dt.datetime.now(dt.UTC))


def to_ms(moment: dt.datetime) -> int:
    """Return the aware `moment` in UTC milliseconds, rounded down."""
    if moment.tzinfo is None:
        raise NaiveMomentError(moment)
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> dt.datetime:
    """Return the aware UTC datetime of `ms`."""
    return _EPOCH + ms * _MILLISECOND


def to_local(ms: int, tz: dt.tzinfo) -> dt.datetime:
    """Return the datetime of `ms` in `tz`; in UTC where `tz` would leave the years 1 to 9999."""
    try:
        return from_ms(ms).astimezone(tz)
    except OverflowError:
        return from_ms(ms)


def iso(ms: int) -> str:
    """Return `ms` as ISO 8601 in UTC with milliseconds: `2026-11-23T13:15:00.000Z`."""
    return from_ms(ms).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_duration(text: str) -> int:
    """Return a duration such as `90s`, `10m`, `6h`, `7d` or `4w` in milliseconds."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or text.strip().endswith("M"):  # months, elsewhere
        raise UnreadableDurationError(text)
    return int(match[1]) * _UNITS[match[2]]


def parse_zone(name: str) -> dt.tzinfo:
    """Return the zone called `name`: an IANA name, or a fixed offset such as `+08:00`.

    A POSIX rule is accepted with its dates only: `CST-8` reads like an offset of -8 hours.
    """
    rule = parse_rule(name) if "," in name else None
    if rule is not None:
        return rule
    if not name.startswith(("+", "-")):
        return parse_iana_zone(name)
    try:
        offset = dt.datetime.fromisoformat(f"1970-01-01T00:00:00{name}").utcoffset()
    except ValueError:
        raise UnknownZoneError(name) from None
    return dt.timezone(offset or dt.timedelta())


def zone_name(tz: dt.tzinfo) -> str:
    """Return the name by which `zone` finds `tz`, if it has one: `Asia/Taipei`, `+08:00`."""
    offset = tz.utcoffset(None)
    if isinstance(tz, zoneinfo.ZoneInfo) or offset is None:
        return str(tz)
    return str(dt.timezone(offset)).removeprefix("UTC") or "UTC"


_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9:]+(?P<dst>[A-Za-z<].*)?")
_ZONE_FILE = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4) + b"\0" * 6 + b"UTC\0"
_DEFAULT_DATES = ",M3.2.0,M11.1.0"  # those of the C library


def parse_rule(rule: str) -> dt.tzinfo | None:
    """Return the zone of a POSIX rule (`CST-8`, `CET-1CEST,M3.5.0,M10.5.0/3`), if it is one."""
    match = _RULE.fullmatch(rule)
    if match is None:
        return None
    if match["dst"] and "," not in rule:
        rule += _DEFAULT_DATES
    file = io.BytesIO(2 * _ZONE_FILE + b"\n" + rule.encode() + b"\n")
    try:
        zone = zoneinfo.ZoneInfo.from_file(file, key=rule)
        offset = from_ms(0).astimezone(zone).utcoffset()
    except ValueError:
        return None
    return zone if match["dst"] or offset is None else dt.timezone(offset)


def parse_iana_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the IANA zone called `name`."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZoneError(name) from None


def parse_moment(text: str, now: int, tz: dt.tzinfo, *, ahead: bool = False) -> int:
    """Return the moment that `text` names, in UTC ms, relative to `now` (UTC ms).

    Accepts ISO 8601 (a time without an offset is in `tz`), `YYYYMMDD`, `YYYY/MM/DD`, `now`,
    `today` and `yesterday` (their first instant in `tz`), and a duration such as `7d` or
    `3mo`: that long before `now`, or after it if `ahead`.
    """
    word = text.strip()
    if _MINUTES_OR_MONTHS.fullmatch(word):
        raise AmbiguousTimeError(word)
    if months := _MONTHS.fullmatch(word.lower()):
        count = int(months[1]) if ahead else -int(months[1])
        return _within_range(lambda: to_ms(_plus_months(from_ms(now).astimezone(tz), count)), text)
    if word.lower() == "now":
        return now
    if word.lower() in {"today", "yesterday"}:
        days = 0 if word.lower() == "today" else 1
        return to_ms(midnight(from_ms(now).astimezone(tz).date() - dt.timedelta(days), tz))
    if _DURATION.fullmatch(word.lower()):
        length = parse_duration(word) if ahead else -parse_duration(word)
        return _within_range(lambda: to_ms(from_ms(now + length)), text)
    return _within_range(lambda: _calendar_ms(word, tz), text)


def end_of_date(text: str, tz: dt.tzinfo) -> int | None:
    """Return the end of the day in `tz` if `text` is a date alone, else None."""
    if not _DATE_ALONE.fullmatch(text.strip()):
        return None

    def end() -> int:
        first = from_ms(_calendar_ms(text.strip(), tz)).astimezone(tz)
        return to_ms(midnight(first.date() + dt.timedelta(days=1), tz))

    return _within_range(end, text)


def midnight(date: dt.date, tz: dt.tzinfo) -> dt.datetime:
    """Return the first instant of `date` in `tz`: not 00:00 where clocks skip it."""
    naive = dt.datetime.combine(date, dt.time())
    first = naive.replace(tzinfo=tz)
    # A midnight that clocks skip does not exist; the round trip through UTC gives the jump.
    return first.astimezone(dt.UTC).astimezone(tz)


def _plus_months(moment: dt.datetime, count: int) -> dt.datetime:
    """Return `moment` `count` months later, on the last day of a month that is too short."""
    years, month = divmod(moment.month - 1 + count, _MONTHS_A_YEAR)
    first = moment.replace(year=moment.year + years, month=month + 1, day=1)
    last = ((first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)).day
    return first.replace(day=min(moment.day, last))


def _calendar_ms(word: str, tz: dt.tzinfo) -> int:
    word = _SLASHED_DATE.sub(lambda date: f"{date[1]}-{date[2]:0>2}-{date[3]:0>2}", word, count=1)
    if _COMPACT_DATE.fullmatch(word):
        return to_ms(midnight(dt.date.fromisoformat(word), tz))
    moment = dt.datetime.fromisoformat(word)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=tz)
    return to_ms(moment)


def _within_range(read: Callable[[], int], text: str) -> int:
    try:
        moment = read()
    except (ValueError, OverflowError):
        raise UnreadableTimeError(text) from None
    if not 0 <= moment <= LAST_MOMENT:
        raise UnreadableTimeError(text)
    return moment


SHORTEST_GAP = HOUR
"""An interval up to this length is never a gap."""

GAP_FACTOR = 3
"""A gap is longer than this many usual intervals."""

GAP_LOOKBACK = 100
"""The usual interval is the median of this many intervals before it."""


def gap_limit(before: Sequence[int]) -> float:
    """Return the longest interval that is not a gap, given the lengths (ms) of those before it.

    The spend in a gap is known, but not its time.
    """
    ordered = sorted(before)  # importing `statistics` would slow down every status line
    middle = len(ordered) // 2
    return max(SHORTEST_GAP, GAP_FACTOR * (ordered[middle] + ordered[~middle]) / 2)
