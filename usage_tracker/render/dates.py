"""Dates and times as all formats write them: in the report's zone, in English.

The current year is left out; a time that the clocks show twice has its UTC offset.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usage_tracker.formatting import MONTHS, UNKNOWN, WEEKDAYS
from usage_tracker.times import midnight, parse_zone

if TYPE_CHECKING:  # `history` and `events` have a calendar too, without a report
    from usage_tracker.analysis.calendar import By
    from usage_tracker.reporting.model import Report


@dataclass(frozen=True, slots=True)
class Calendar:
    """Dates in the zone `tz`, written at `now` (an aware datetime)."""

    tz: dt.tzinfo
    now: dt.datetime

    @classmethod
    def of(cls, report: "Report") -> "Calendar":
        """Return the calendar of `report`."""
        return cls(parse_zone(report.timezone), report.as_of)

    def day(self, at: dt.datetime | None, *, year: bool | None = None) -> str:
        """Return `Tue 3 Dec`; `Sat 3 Jan 2027` if `year`, by default in another year than now."""
        if at is None:
            return UNKNOWN
        local = at.astimezone(self.tz)
        text = f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"
        year = not self.same_year(at, self.now) if year is None else year
        return f"{text} {local.year}" if year else text

    def same_year(self, one: dt.datetime, other: dt.datetime | None) -> bool:
        """Return whether both moments fall into the same year."""
        return other is not None and (
            one.astimezone(self.tz).year == other.astimezone(self.tz).year
        )

    def date(self, at: dt.datetime, *, year: bool | None = None) -> str:
        """Return `3 Dec`: `day` without the weekday."""
        return self.day(at, year=year)[4:]

    def minute(self, at: dt.datetime | None, *, year: bool | None = None) -> str:
        """Return `Tue 3 Dec 14:05`; `Sun 25 Oct 02:30 UTC+1` in the hour that clocks repeat."""
        if at is None:
            return UNKNOWN
        local = at.astimezone(self.tz)
        offset = _utc_offset(local) if _is_ambiguous(local) else ""
        return f"{self.day(at, year=year)} {local:%H:%M}{offset}"

    def period(self, start: dt.datetime, by: "By", *, year: bool | None = None) -> str:
        """Return the name of the period that begins (or was clipped to begin) at `start`."""
        local = start.astimezone(self.tz)
        if by == "month":
            return f"{MONTHS[local.month - 1]} {local.year}"
        if by == "quarter":
            return f"Q{(local.month + 2) // 3} {local.year}"
        if by == "year":
            return f"{local.year}"
        day = self.day(start, year=year)
        if by == "hour":
            # Some zones go back by half an hour only.
            twice = any(_is_ambiguous(local.replace(minute=minute)) for minute in (0, 59))
            return f"{day} {local:%H}:00{_utc_offset(local) if twice else ''}"
        return {"day": day, "week": f"week of {day[4:]}"}[by]

    def periods(self, starts: Sequence[dt.datetime], by: "By") -> list[str]:
        """Return the names of consecutive periods, all with a year if the first needs one."""
        year = any(not self.same_year(start, self.now) for start in starts[:1])
        return [self.period(start, by, year=year) for start in starts]

    def is_edge(self, at: dt.datetime, by: "By") -> bool:
        """Return whether a whole period begins at `at`; a period that does not was cut."""
        local = at.astimezone(self.tz)
        if by == "hour":  # an hour begins at half past where the clocks skip its first half
            before = (at - dt.datetime.resolution).astimezone(self.tz)
            return before.hour != local.hour or local.time().replace(hour=0) == dt.time()
        first_day = {
            "day": True,
            "week": local.weekday() == 0,
            "month": local.day == 1,
            "quarter": local.day == 1 and local.month % 3 == 1,
            "year": local.day == local.month == 1,
        }[by]
        return first_day and midnight(local.date(), self.tz) == local


def _is_ambiguous(local: dt.datetime) -> bool:
    """Return whether the clocks of its zone show the time of `local` twice."""
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _utc_offset(local: dt.datetime) -> str:
    """Return ` UTC+2`, ` UTC-3`, ` UTC+10:30`."""
    minutes = int((local.utcoffset() or dt.timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    part = f":{rest:02d}" if rest else ""
    return f" UTC{'-' if minutes < 0 else '+'}{hours}{part}"
