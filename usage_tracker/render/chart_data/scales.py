"""Round numbers and calendar dates for an axis."""

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from usage_tracker import formatting
from usage_tracker.analysis.calendar import By
from usage_tracker.render.dates import Calendar

_ROUND = (1, 2, 5, 10)
_HOURS = (1, 2, 3, 6, 12)
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6)
_YEARS = (1, 2, 5, 10, 20, 50)
_SPARE = 4
_THOUSANDS_FROM, _MILLIONS_FROM = 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A position on an axis and its label."""

    at: float
    label: str


def dollar_ticks(low: float, high: float, most: int = 5) -> tuple[Tick, ...]:
    """Return about `most` round dollars in [low, high], with zero; two or more if possible."""
    first, last, step = 0, 0, 1.0
    for rows in (most, most + 1):
        step = _round_step((high - low) / rows or 1.0)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if first < last:
            break
    label = _dollar_labels(step, max(abs(low), abs(high)))
    return tuple(Tick(i * step, label(i * step)) for i in range(first, last + 1))


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(f * power for f in _ROUND if f * power >= raw * (1 - 1e-9))


def _dollar_labels(step: float, largest: float) -> Callable[[float], str]:
    unit, suffix = 1.0, ""
    if largest >= _MILLIONS_FROM:
        unit, suffix = 1e6, "M"
    elif largest >= _THOUSANDS_FROM:
        unit, suffix = 1e3, "k"
    places = max(0, -math.floor(math.log10(step / unit) + 1e-9))
    if suffix == "" and places == 1:
        places = 2
    return lambda value: formatting.dollars(value / unit, places) + suffix if value else "$0"


def time_ticks(
    start: float, end: float, calendar: Calendar, most: int = 8, *, whole_days: bool = False
) -> tuple[Tick, ...]:
    """Return at most `most` round moments of the reader's calendar in [start, end].

    If a step finds only one, return some of the next finer step.
    """
    finer: _Found = []
    for step in _steps(calendar.tz, whole_days=whole_days):
        found = _collect(step(start), start, end, _SPARE * most)
        if found is None:
            continue
        if len(found) <= most:
            shown = found if len(found) > 1 else finer[:: -(-len(finer) // most) or 1] or found
            return tuple(Tick(at.timestamp(), _label(at, unit, calendar)) for at, unit in shown)
        finer = found
    return ()


def period_ticks(
    starts: Sequence[float], by: By, calendar: Calendar, most: int = 8
) -> tuple[Tick, ...]:
    """Return labels for consecutive periods; `at` is the index of a period."""
    if len(starts) <= most:
        return tuple(Tick(i, _period_label(start, by, calendar)) for i, start in enumerate(starts))
    ticks = time_ticks(starts[0], starts[-1], calendar, most, whole_days=by != "hour")
    return tuple(Tick(bisect_right(starts, tick.at) - 1, tick.label) for tick in ticks)


def apart(ticks: Sequence[Tick], letter: float) -> Sequence[Tick]:
    """Return every tick, every second, every third ...: the most whose labels do not touch.

    A letter is `letter` wide on the axis; labels are centred on their ticks.
    """
    for stride in range(1, len(ticks)):
        kept = ticks[::stride]
        widths = [(len(tick.label) + 0.5) * letter for tick in kept]
        gaps = zip(pairwise(kept), pairwise(widths), strict=True)
        if all(b.at - a.at >= (one + other) / 2 for (a, b), (one, other) in gaps):
            return kept
    return ticks[:1]


def _period_label(start: float, by: By, calendar: Calendar) -> str:
    at = dt.datetime.fromtimestamp(start, calendar.tz)
    if by == "hour":
        return _label(at, "hour" if at.hour else "day", calendar)
    return _label(
        at, {"month": "month", "quarter": "month", "year": "year"}.get(by, "day"), calendar
    )


_Found = list[tuple[dt.datetime, str]]
_Step = Callable[[float], Iterator[tuple[dt.datetime, str]]]


def _collect(
    walk: Iterator[tuple[dt.datetime, str]], start: float, end: float, most: int
) -> _Found | None:
    found: _Found = []
    for at, unit in walk:
        if at.timestamp() > end:
            return found
        again = found and at.timestamp() <= found[-1][0].timestamp()
        if at.timestamp() >= start and not again:
            found.append((at, unit))
        if len(found) > most:
            return None
    return found


def _steps(tz: dt.tzinfo, *, whole_days: bool) -> Iterator[_Step]:
    """Yield the steps to try on a time axis, from every hour to every fiftieth year."""
    if not whole_days:
        yield from (partial(_hours, n=n, tz=tz) for n in _HOURS)
    yield from (partial(_days, n=n, tz=tz) for n in _DAYS)
    yield from (partial(_months, n=n, tz=tz) for n in (*_MONTHS, *(12 * n for n in _YEARS)))


def _local(start: float, tz: dt.tzinfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(start, tz).replace(tzinfo=None)


def _hours(start: float, n: int, tz: dt.tzinfo) -> Iterator[tuple[dt.datetime, str]]:
    wall = _local(start, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        # Through UTC, an hour that clocks skip becomes the one that they show.
        at = wall.replace(tzinfo=tz).astimezone(dt.UTC).astimezone(tz)
        yield at, "hour" if wall.hour else "day"
        wall += dt.timedelta(hours=n)


def _days(start: float, n: int, tz: dt.tzinfo) -> Iterator[tuple[dt.datetime, str]]:
    date = _local(start, tz).date()
    # Ordinal 1 was a Monday, so whole weeks start on Mondays.
    date -= dt.timedelta(days=(date.toordinal() - 1) % n)
    while True:
        yield dt.datetime.combine(date, dt.time(), tz), "day"
        date += dt.timedelta(days=n)


def _months(start: float, n: int, tz: dt.tzinfo) -> Iterator[tuple[dt.datetime, str]]:
    local = _local(start, tz)
    months = (local.year * 12 + local.month - 1) // n * n
    while months // 12 < dt.MAXYEAR:
        unit = "year" if n % 12 == 0 else "month" if months % 12 else "january"
        yield dt.datetime(months // 12, months % 12 + 1, 1, tzinfo=tz), unit
        months += n


def _label(at: dt.datetime, unit: str, calendar: Calendar) -> str:
    if unit == "hour":
        return f"{at:%H:%M}"
    if unit == "day":
        return calendar.date(at)
    month = calendar.period(at, "month")
    return {"month": month[:3], "january": month, "year": month[4:]}[unit]
