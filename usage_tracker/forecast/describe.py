"""A depletion in one sentence that needs no statistics to be understood.

Moments are told no finer than a forecast knows them: to ten minutes when the balance is
gone within two days, else by the day, with the year where it is not the present one.
"""

import datetime as dt

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.formatting import MONTHS, WEEKDAYS, probability

SOON = dt.timedelta(days=2)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_GRAIN = dt.timedelta(minutes=10)
_REFUSALS = {
    "depleted": "Used up",
    "idle": "Nothing to project",
    "insufficient_data": "No forecast yet",
}


def sentence(depletion: Depletion, tz: dt.tzinfo) -> str:
    """What `depletion` says, its moments in the zone `tz`.

    `80 % chance that it runs out between Tue 3 Dec and Sat 14 Dec; even odds by Sat 7 Dec`
    """
    if depletion.state in _REFUSALS:
        return f"{_REFUSALS[depletion.state]}: {depletion.reason}"
    told = _outcome(depletion, tz)
    return f"{told} ({depletion.reason})" if depletion.state == "stale" else told


def coarse(moment: dt.datetime) -> dt.datetime:
    """`moment` to ten minutes, than which no forecast knows it better."""
    return _EPOCH + round((moment - _EPOCH) / _GRAIN) * _GRAIN


def _outcome(depletion: Depletion, tz: dt.tzinfo) -> str:
    low, median, high = depletion.low, depletion.median, depletion.high
    beyond = probability((1 + depletion.level) / 2, 1)
    if low is None:
        return f"{beyond} chance that it lasts more than a year"
    clock = _Clock(depletion.as_of or low, high or median or low, tz)
    odds = f"even odds by {clock.tell(median)}" if median else "even odds that it lasts over a year"
    if high is None:
        return f"{beyond} chance that it lasts past {clock.tell(low)}; {odds}"
    ends = "ran out" if high <= clock.now else "runs out"
    told = f"{probability(depletion.level, 1)} chance that it {ends} {clock.between(low, high)}"
    return told if clock.tell(low) == clock.tell(high) else f"{told}; {odds}"


class _Clock:
    """How moments seen from `now` are written when the `last` of them is so far away."""

    def __init__(self, now: dt.datetime, last: dt.datetime, tz: dt.tzinfo) -> None:
        self.now = now.astimezone(tz)
        self._tz = tz
        self._hours = abs(last - now) < SOON

    def between(self, low: dt.datetime, high: dt.datetime) -> str:
        early, late = self._local(low), self._local(high)
        if self.tell(low) == self.tell(high):
            return f"{'at' if self._hours else 'on'} {self.tell(high)}"
        start = f"{early:%H:%M}" if early.date() == late.date() else self.tell(low)
        return f"between {start} and {self.tell(high)}"

    def tell(self, moment: dt.datetime) -> str:
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
