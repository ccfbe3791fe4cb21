"""Moments as a reader sees them: in the report's zone, the same in every face.

The year is left out where it is the present one; a time that the clocks show twice has
its distance from UTC. Words are English whatever the machine's locale.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usage_tracker.formatting import MONTHS, UNKNOWN, WEEKDAYS
from usage_tracker.times import midnight, zone

if TYPE_CHECKING:  # `history` and `events` have a calendar too, without a report
    from usage_tracker.analysis.calendar import By
    from usage_tracker.reporting.model import Report


@dataclass(frozen=True, slots=True)
class Calendar:
    """How moments are told: in the zone `tz`, seen from `now` (an aware datetime)."""

    tz: dt.tzinfo
    now: dt.datetime

    @classmethod
    def of(cls, report: "Report") -> "Calendar":
        """The calendar in which `report` is to be read."""
        return cls(zone(report.timezone), report.as_of)

    def day(self, at: dt.datetime | None, *, year: bool | None = None) -> str:
        """`Tue 3 Dec`; `Sat 3 Jan 2027` in another year than now's, or if `year` says so."""
        if at is None:
            return UNKNOWN
        local = at.astimezone(self.tz)
        text = f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"
        return (
            f"{text} {local.year}"
            if (self.is_of_another_year(at) if year is None else year)
            else text
        )

    def is_of_another_year(self, at: dt.datetime) -> bool:
        """Whether a date would be mistaken without its year."""
        return at.astimezone(self.tz).year != self.now.astimezone(self.tz).year

    def are_of_one_year(self, one: dt.datetime, other: dt.datetime | None) -> bool:
        """Whether both moments fall into the same year."""
        return other is not None and (
            one.astimezone(self.tz).year == other.astimezone(self.tz).year
        )

    def date(self, at: dt.datetime, *, year: bool | None = None) -> str:
        """`3 Dec`, where there is little room; the weekday aside it is told as by `day`."""
        return self.day(at, year=year)[4:]

    def minute(self, at: dt.datetime | None, *, year: bool | None = None) -> str:
        """`Tue 3 Dec 14:05`; `Sun 25 Oct 02:30 UTC+1` in the hour that clocks repeat."""
        if at is None:
            return UNKNOWN
        local = at.astimezone(self.tz)
        which = _distance(local) if _comes_twice(local) else ""
        return f"{self.day(at, year=year)} {local:%H:%M}{which}"

    def period(self, start: dt.datetime, by: "By", *, year: bool | None = None) -> str:
        """The name of the period that begins (or was clipped to begin) at `start`."""
        local = start.astimezone(self.tz)
        if by == "month":
            return f"{MONTHS[local.month - 1]} {local.year}"
        day = self.day(start, year=year)
        if by == "hour":
            which = _distance(local) if _is_of_a_double_hour(local) else ""
            return f"{day} {local:%H}:00{which}"
        return {"day": day, "week": f"week of {day[4:]}"}[by]

    def periods(self, starts: Sequence[dt.datetime], by: "By") -> list[str]:
        """The names of periods in a row; all have a year if the first is of another than now's."""
        year = any(map(self.is_of_another_year, starts[:1]))
        return [self.period(start, by, year=year) for start in starts]

    def is_edge(self, at: dt.datetime, by: "By") -> bool:
        """Whether a whole period begins at `at`: one that does not begin and end so was cut."""
        local = at.astimezone(self.tz)
        if by == "hour":  # which begins at half past where the clocks skip half of one
            before = (at - dt.datetime.resolution).astimezone(self.tz)
            return before.hour != local.hour or local.time().replace(hour=0) == dt.time()
        first_day = {"day": True, "week": local.weekday() == 0, "month": local.day == 1}[by]
        return first_day and midnight(local.date(), self.tz) == local


def _comes_twice(local: dt.datetime) -> bool:
    """Whether the clocks of its zone show the time of `local` again, or have before."""
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _is_of_a_double_hour(local: dt.datetime) -> bool:
    """Whether any time of its hour comes twice; some zones go back by half of one."""
    return any(_comes_twice(local.replace(minute=minute)) for minute in (0, 59))


def _distance(local: dt.datetime) -> str:
    """` UTC+2`, ` UTC-3`, ` UTC+10:30`."""
    minutes = int((local.utcoffset() or dt.timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    part = f":{rest:02d}" if rest else ""
    return f" UTC{'-' if minutes < 0 else '+'}{hours}{part}"
