"""A depletion in one sentence that requires no statistics.

Moments are no finer than the forecast's precision: ten minutes if the balance runs out
within two days, else a day. The year is shown if it is not the present one. Every forecast
says that it holds without further credit, one from less than a week of history that as well.
"""

import datetime as dt

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.formatting import MONTHS, WEEKDAYS, WITHOUT_CREDIT, count_noun, probability

SOON = dt.timedelta(days=2)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WEEK = dt.timedelta(days=7)
_GRAIN = dt.timedelta(minutes=10)
_UNAVAILABLE = {
    "depleted": "Used up",
    "idle": "Nothing to project",
    "insufficient_data": "No forecast yet",
}


def sentence(depletion: Depletion, tz: dt.tzinfo) -> str:
    """Return one sentence about `depletion`, with moments in the zone `tz`.

    `80 % chance that it runs out between Tue 3 Dec and Sat 14 Dec; even odds by Sat 7 Dec
    (without further credit)`
    """
    if depletion.state in _UNAVAILABLE:
        return f"{_UNAVAILABLE[depletion.state]}: {depletion.reason}"
    stale = depletion.reason if depletion.state == "stale" else None
    assumed = None if depletion.state == "refilled" else WITHOUT_CREDIT
    remarks = filter(None, (assumed, depletion.refill, stale, _caveat(depletion, tz)))
    remark = "; ".join(remarks)
    text = _outcome(depletion, tz) + (f" ({remark})" if remark else "")
    if depletion.state == "refilled" and depletion.reason:
        return f"{depletion.reason[:1].upper()}{depletion.reason[1:]}: {text}"
    return text


def coarse(moment: dt.datetime) -> dt.datetime:
    """Return `moment` rounded to ten minutes, the precision of a forecast."""
    return _EPOCH + round((moment - _EPOCH) / _GRAIN) * _GRAIN


def _caveat(depletion: Depletion, tz: dt.tzinfo) -> str | None:
    """Return what a history of less than a week has not shown yet."""
    since, origin = depletion.since, depletion.origin
    if since is None or origin is None or origin - since >= _WEEK:
        return None
    days = (origin - since).days
    first = since.astimezone(tz)
    weekdays = {(first + dt.timedelta(days=n)).weekday() for n in range(days + 1)}
    unseen = "whole week" if weekdays & {5, 6} else "weekend"
    return f"from {count_noun(days, 'day')} of history: no {unseen} seen yet"


def _outcome(depletion: Depletion, tz: dt.tzinfo) -> str:
    low, median, high = depletion.low, depletion.median, depletion.high
    beyond = probability((1 + depletion.level) / 2, 1)
    if low is None:
        return f"{beyond} chance that it lasts more than a year"
    clock = _Clock(depletion.as_of or low, high or median or low, tz)
    odds = (
        f"even odds by {clock.moment(median)}" if median else "even odds that it lasts over a year"
    )
    if high is None:
        return f"{beyond} chance that it lasts past {clock.moment(low)}; {odds}"
    ends = "ran out" if high <= clock.now else "runs out"
    interval = f"{probability(depletion.level, 1)} chance that it {ends} {clock.between(low, high)}"
    return interval if clock.moment(low) == clock.moment(high) else f"{interval}; {odds}"


class _Clock:
    """Formats moments relative to `now`, as times if the `last` of them is soon, else as dates."""

    def __init__(self, now: dt.datetime, last: dt.datetime, tz: dt.tzinfo) -> None:
        self.now = now.astimezone(tz)
        self._tz = tz
        self._hours = abs(last - now) < SOON

    def between(self, low: dt.datetime, high: dt.datetime) -> str:
        early, late = self._local(low), self._local(high)
        if self.moment(low) == self.moment(high):
            return f"{'at' if self._hours else 'on'} {self.moment(high)}"
        start = f"{early:%H:%M}" if early.date() == late.date() else self.moment(low)
        return f"between {start} and {self.moment(high)}"

    def moment(self, moment: dt.datetime) -> str:
        local = self._local(moment)
        return f"{local:%H:%M} {self._day(local)}" if self._hours else self._date(local)

    def _day(self, local: dt.datetime) -> str:
        ahead = (local.date() - self.now.date()).days
        names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
        return names.get(ahead) or f"on {self._date(local)}"

    def _date(self, local: dt.datetime) -> str:
        year = "" if self.now.year == local.year else f" {local.year}"
        return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year}"

    def _local(self, moment: dt.datetime) -> dt.datetime:
        return (coarse(moment) if self._hours else moment).astimezone(self._tz)
