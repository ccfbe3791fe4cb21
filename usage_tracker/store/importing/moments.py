"""Times as people and spreadsheets write them: `2026/11/03 14:05`, `3.11.2026`, `2:05 PM`.

ISO 8601 with an offset and epoch time are parsed in `validation`; this module has the rest.
A time without an offset needs a zone, and a date that ends with the year needs an order. In
the hour that clocks repeat, the rows before decide which of the two it is.
"""

import datetime as dt
import re
from contextlib import suppress
from typing import Final

from usage_tracker.store.importing.options import ImportOptions
from usage_tracker.store.importing.validation import ValidationError, epoch_ms, parse_moment
from usage_tracker.store.schema import LAST_MOMENT
from usage_tracker.times import HOUR, to_ms, zone_name

_EPOCH: Final = re.compile(r"(\d{9,13})[.,](\d+)")
_SMALL_EPOCHS: Final = {range(15, 18): "microseconds", range(18, 21): "nanoseconds"}
_THOUSANDS: Final = {"microseconds": "1000", "nanoseconds": "1000000"}
_DATE: Final = re.compile(
    r"(?P<first>\d{1,4})\s*[-/.年]\s*(?P<second>\d{1,2})\s*[-/.月]\s*(?P<third>\d{1,4})日?"
    r"(?:(?:[,T]\s*|\s+|(?<=日))(?P<before>上午|下午)?\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second_of>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d*)?", re.ASCII)
_SERIAL_DIGITS: Final = 5
_NAMED_MONTH: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)??(?:(?P<day>\d{1,2})[\s-](?P<month>[A-Za-z]{3,9})\.?"
    r"|(?P<month_before>[A-Za-z]{3,9})\.?\s+(?P<day_after>\d{1,2}))[\s,-]+(?P<year>\d{4})\b"
)
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_NEITHER: Final = "is neither ISO 8601 with an offset nor epoch time"
_YEAR_DIGITS: Final = 4
_NOON: Final = 12


class Moments:
    """Reads the times of one file, in their order."""

    def __init__(self, options: ImportOptions) -> None:
        self._options = options
        self._last: int | None = None
        self._rises = True

    def read(self, text: str) -> int:
        """Return the UTC ms of `text`. Raises ValidationError."""
        with suppress(ValueError, OverflowError):
            return parse_moment(text)
        moment = self._read(text.strip())
        if self._last not in {None, moment}:
            self._rises = moment > (self._last or 0)
        self._last = moment
        return moment

    def _read(self, text: str) -> int:
        if (epoch := _EPOCH.fullmatch(text)) is not None:
            return _fractional_epoch(*epoch.groups())
        if _NUMBER.fullmatch(text):
            raise ValidationError(_describe_number(text))
        try:
            when = _from_iso(text) or _from_spreadsheet(text, self._options)
            moment = to_ms(when) if when.tzinfo else self._in_zone(when)
        except (ValueError, OverflowError):
            moment = -1
        if not 0 <= moment <= LAST_MOMENT:
            raise ValidationError(_NEITHER)
        return moment

    def _in_zone(self, when: dt.datetime) -> int:
        """Return the local time `when` in the user's zone."""
        zone = self._options.zone
        if zone is None:
            raise ValidationError("has no time zone: add --tz, such as --tz Asia/Taipei")
        early, late = (when.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() == late.utcoffset():
            return to_ms(early)
        if early.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != when:
            raise ValidationError(f"does not exist in {zone_name(zone)}: clocks skip that hour")
        return self._which(to_ms(early), to_ms(late), zone_name(zone))

    def _which(self, early: int, late: int, zone: str) -> int:
        """Return the moment, of two with the same local time, that follows the last row."""
        last, sign = self._last, 1 if self._rises else -1
        near, far = (early, late) if self._rises else (late, early)
        if last is not None and 0 < sign * (near - last) <= HOUR:
            return near
        if last is not None and sign * (near - last) <= 0 < sign * (far - last):
            return far
        raise ValidationError(f"is there twice in {zone}: write its offset, such as +01:00")


def _fractional_epoch(whole: str, fraction: str) -> int:
    try:
        moment = epoch_ms(int(whole))
    except ValueError:
        raise ValidationError(_NEITHER) from None
    is_seconds = moment != int(whole)
    return moment + int(fraction[:3].ljust(3, "0")) if is_seconds else moment


def _describe_number(text: str) -> str:
    digits = len(re.split("[.,]", text)[0])
    for lengths, name in _SMALL_EPOCHS.items():
        if digits in lengths:
            return f"is epoch time in {name}: divide it by {_THOUSANDS[name]}"
    if digits == _SERIAL_DIGITS:
        return "is a spreadsheet's number of a day: save the column in a format of dates"
    return _NEITHER


def _from_iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_spreadsheet(text: str, options: ImportOptions) -> dt.datetime:
    found = _DATE.fullmatch(_NAMED_MONTH.sub(_numbered_month, text, count=1))
    if found is None:
        raise ValueError(text)
    year, month, day = _date(found, options)
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    when = dt.datetime(  # noqa: DTZ001 (a zone follows, unless the text has an offset)
        year,
        month,
        day,
        _hour(found),
        int(found["minute"] or 0),
        int(found["second_of"] or 0),
        int(fraction),
    )
    return when if found["offset"] is None else _with_offset(when, found["offset"])


def _numbered_month(found: re.Match[str]) -> str:
    name = (found["month"] or found["month_before"])[:3].lower()
    if name not in _MONTHS:
        raise ValueError(name)
    day = found["day"] or found["day_after"]
    return f"{found['year']}/{_MONTHS.index(name) + 1}/{day}"


def _date(found: re.Match[str], options: ImportOptions) -> tuple[int, int, int]:
    first, second, third = found["first"], found["second"], found["third"]
    if len(first) == _YEAR_DIGITS and len(third) < _YEAR_DIGITS - 1:
        return int(first), int(second), int(third)
    if len(third) != _YEAR_DIGITS or len(first) > _YEAR_DIGITS - 2:
        raise ValidationError("has no year of four digits")
    if options.day_first is None:
        raise ValidationError(
            f"begins with the day or the month ({first} and {second}): add --day-first or "
            "--month-first"
        )
    day, month = (first, second) if options.day_first else (second, first)
    return int(third), int(month), int(day)


def _hour(found: re.Match[str]) -> int:
    hour, half = int(found["hour"] or 0), found["half"] or found["before"]
    if half is None:
        return hour
    if not 0 < hour <= _NOON:
        raise ValueError(hour)
    is_afternoon = half == "下午" or half[0] in "pP"
    return hour % _NOON + (_NOON if is_afternoon else 0)


def _with_offset(when: dt.datetime, offset: str) -> dt.datetime:
    name = "Z" if offset.isalpha() else offset
    return dt.datetime.fromisoformat(f"{when.isoformat()}{name}")
