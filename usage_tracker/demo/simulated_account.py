"""A simulated account: its requests, and how a gateway's counters record them.

    account = simulate(Scenario(start=0, events=(Event(9 * DAY, "top_up", units(50)),)))
    account.snapshots["t"], account.snapshots["quota"]   # what a poller saw
    account.at(moment)                                   # the counters at any moment

Moments and durations are milliseconds (UTC), amounts are gateway units, shares lie between 0
and 1. The same scenario, with the same seed, always gives the same account.

A gateway books a request in up to three steps: it takes a reservation from the balance, it
settles the balance to the true cost, and it adds the cost to `used_quota`. The last two follow
one another in either order, so `quota + used_quota` is too low (or too high) while a request
is in flight and exact once it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from usage_tracker.ledger.arrays import Floats, Int64s, SnapshotArrays
from usage_tracker.money import UNITS_PER_USD, units
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND

OFFICE_HOURS = (
    *(0.06, 0.04, 0.03, 0.02, 0.02, 0.04, 0.1, 0.3, 0.9, 1.7, 2.2, 2.1),
    *(1.3, 1.7, 2.3, 2.4, 2.2, 1.8, 1.1, 0.7, 0.7, 0.6, 0.4, 0.15),
)
WORKING_WEEK = (1.15, 1.25, 1.25, 1.2, 1.05, 0.3, 0.25)
SNAPSHOT = np.dtype([("t", "i8"), ("quota", "i8"), ("used", "i8"), ("requests", "i8")])

_LONGEST_STREAM = 10 * MINUTE
_BURST_MINUTES = 15.0
_FLUSH_INTERVAL = 5 * SECOND
_MONDAY = 4 * DAY  # 1970 began on a Thursday


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of an account.

    `requests_per_day` and `usd_per_day` are means over a week at the start; `hours` (24) and
    `weekdays` (7, Monday first) weight them in the time zone `utc_offset` ahead of UTC.
    `spread` is the standard deviation of the logarithm of a request's cost, `daily_spread` that
    of a day's level. A burst multiplies the traffic by some `burst_strength` for about a quarter
    of an hour. `streams` is the share of requests that run for minutes instead of seconds
    (`stream_length` is their median), `failures` the share that costs nothing.
    """

    requests_per_day: float = 400.0
    usd_per_day: float = 10.0
    hours: tuple[float, ...] = OFFICE_HOURS
    weekdays: tuple[float, ...] = WORKING_WEEK
    utc_offset: int = 0
    growth_per_week: float = 0.0
    spread: float = 1.2
    daily_spread: float = 0.25
    bursts_per_day: float = 2.0
    burst_strength: float = 3.0
    streams: float = 0.3
    stream_length: int = 45 * SECOND
    failures: float = 0.03


@dataclass(frozen=True, slots=True)
class Booking:
    """How the gateway books a request.

    For a share `reserving` of the requests it reserves about `reservation` times the cost.
    When a request ends, it settles balance and `used_quota` about `delay` apart; for a share
    `used_first` in the opposite order. In `batch` mode it writes each counter only every five
    seconds, each at its own phase.
    """

    reserving: float = 1.0
    reservation: float = 2.0
    used_first: float = 0.1
    delay: int = 40
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Polls:
    """A snapshot `every` so long, up to `jitter` late."""

    every: int = 10 * MINUTE
    jitter: int = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Outage:
    """A time [start, end) without snapshots.

    Either the poller is down while spending continues, or the gateway is: then polls fail and
    no request arrives.
    """

    start: int
    end: int
    of: Literal["poller", "gateway"] = "poller"


@dataclass(frozen=True, slots=True)
class Event:
    """A change of the counters that is not a request.

    A `top_up` raises the balance by `quota`; an `adjustment` changes it by `quota`, usually
    down; a `refund` adds `quota` to the balance and subtracts it from `used_quota`.
    """

    at: int
    kind: Literal["top_up", "adjustment", "refund"]
    quota: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to an account over [start, start + length)."""

    start: int
    length: int = 30 * DAY
    seed: int = 0
    quota: int = units(100.0)
    used: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    booking: Booking = field(default_factory=Booking)
    polls: Polls = field(default_factory=Polls)
    events: tuple[Event, ...] = ()
    outages: tuple[Outage, ...] = ()

    @property
    def end(self) -> int:
        """The first moment after the scenario."""
        return self.start + self.length

    def random(self, stream: int) -> np.random.Generator:
        """Return one of the scenario's independent random streams."""
        return np.random.default_rng([self.seed, stream])


@dataclass(frozen=True, slots=True)
class Movements:
    """The movements of a counter; `total[i]` is the sum of the first i of them."""

    times: Int64s
    total: Int64s

    @classmethod
    def of(cls, times: Int64s, amounts: Int64s) -> "Movements":
        """Return `amounts` at `times`, given in any order."""
        order = np.argsort(times, kind="stable")
        total = np.concatenate(([0], np.cumsum(amounts[order])))
        return cls(times[order], total.astype(np.int64))

    def at(self, moments: npt.ArrayLike) -> Int64s:
        """Return the sum of the movements at or before each of `moments`."""
        done = np.searchsorted(self.times, np.asarray(moments, dtype=np.int64), side="right")
        totals: Int64s = self.total[done]
        return totals


@dataclass(frozen=True, slots=True)
class Counters:
    """The movements of both counters by source; the first of `used` are the requests' costs."""

    quota: tuple[Movements, ...]
    used: tuple[Movements, ...]

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(self.quota + other.quota, self.used + other.used)


def total(movements: Sequence[Movements], moments: npt.ArrayLike) -> Int64s:
    """Return the sum of all `movements` at each of `moments`."""
    sums: Int64s = np.sum([source.at(moments) for source in movements], axis=0, dtype=np.int64)
    return sums


@dataclass(frozen=True)
class SimulatedAccount:
    """The result of a scenario: the counters at every moment, and what a poller saw."""

    scenario: Scenario
    counters: Counters

    @cached_property
    def snapshots(self) -> npt.NDArray[np.void]:
        """The answered polls: int64 fields t (UTC ms, ascending), quota, used and requests."""
        return self.at(polls(self.scenario)[0])

    @cached_property
    def failures(self) -> Int64s:
        """The moments (UTC ms) of the polls that failed during outages of the gateway."""
        return polls(self.scenario)[1]

    @property
    def readings(self) -> SnapshotArrays:
        """The snapshots as the analysis takes them."""
        fields = ("t", "quota", "used", "requests")
        return SnapshotArrays(*(np.ascontiguousarray(self.snapshots[field]) for field in fields))

    def at(self, moments: npt.ArrayLike) -> npt.NDArray[np.void]:
        """Return the counters at `moments` (n,) as a structured array like `snapshots`."""
        times = np.atleast_1d(np.asarray(moments, dtype=np.int64))
        values = np.zeros(len(times), dtype=SNAPSHOT)
        values["t"] = times
        values["quota"] = self.scenario.quota + total(self.counters.quota, times)
        values["used"] = self.scenario.used + total(self.counters.used, times)
        requests = self.counters.used[0]
        values["requests"] = np.searchsorted(requests.times, times, side="right")
        return values

    def spent(self, moments: npt.ArrayLike) -> Int64s:
        """Return the units that requests have cost from the start to each of `moments`."""
        return self.counters.used[0].at(moments)


def simulate(scenario: Scenario) -> SimulatedAccount:
    """Run `scenario`."""
    flush = FlushSchedule.of(scenario)
    counters = book(draw_requests(scenario), scenario, flush) + apply_events(scenario.events, flush)
    return SimulatedAccount(scenario, counters)


def polls(scenario: Scenario) -> tuple[Int64s, Int64s]:
    """Return the moments of the answered and of the failed polls."""
    times = np.arange(scenario.start, scenario.end, scenario.polls.every, dtype=np.int64)
    times += scenario.random(4).integers(0, max(scenario.polls.jitter, 1), len(times))
    lost = {of: np.zeros(len(times), dtype=np.bool_) for of in ("poller", "gateway")}
    for outage in scenario.outages:
        lost[outage.of] |= (times >= outage.start) & (times < outage.end)
    answered = ~lost["poller"] & ~lost["gateway"]
    return np.unique(times[answered]), np.unique(times[lost["gateway"] & ~lost["poller"]])


@dataclass(frozen=True, slots=True)
class Requests:
    """Arrays of equal length, in order of arrival; the `cost` of a failed request is 0."""

    arrived: Int64s
    ended: Int64s
    worth: Int64s
    failed: npt.NDArray[np.bool_]

    @property
    def cost(self) -> Int64s:
        """The units that each request is charged."""
        return np.where(self.failed, 0, self.worth)


def draw_requests(scenario: Scenario) -> Requests:
    """Draw the requests that arrive during `scenario`.

    Arrivals are a Poisson process. Its rate by the minute follows the hour, the weekday,
    growth, good and bad days, and bursts.
    """
    random, traffic = scenario.random(1), scenario.traffic
    arrived = _arrivals(scenario, random)
    n = len(arrived)
    return Requests(
        arrived=arrived,
        ended=arrived + _durations(traffic, n, random),
        worth=_worths(traffic, n, random),
        failed=random.random(n) < traffic.failures,
    )


def _arrivals(scenario: Scenario, random: np.random.Generator) -> Int64s:
    minutes = scenario.start + MINUTE * np.arange(-(-scenario.length // MINUTE), dtype=np.int64)
    counts = random.poisson(_rates(scenario, minutes, random))
    arrived = np.repeat(minutes, counts) + random.integers(0, MINUTE, counts.sum())
    arrived = np.sort(arrived[arrived < scenario.end])
    for outage in scenario.outages:
        if outage.of == "gateway":
            arrived = arrived[(arrived < outage.start) | (arrived >= outage.end)]
    return arrived


def _rates(scenario: Scenario, minutes: Int64s, random: np.random.Generator) -> Floats:
    """Return the expected number of requests in each of `minutes`."""
    traffic = scenario.traffic
    local = minutes + traffic.utc_offset
    hours, weekdays = np.array(traffic.hours), np.array(traffic.weekdays)
    profile = (hours / hours.mean())[local // HOUR % 24]
    profile = profile * (weekdays / weekdays.mean())[(local - _MONDAY) // DAY % 7]
    growth = np.exp(np.log1p(traffic.growth_per_week) * (minutes - scenario.start) / (7 * DAY))
    level = _day_levels(traffic, local, random) * _bursts(traffic, len(minutes), random)
    rates: Floats = traffic.requests_per_day * MINUTE / DAY * profile * growth * level
    return rates


def _day_levels(traffic: Traffic, local: Int64s, random: np.random.Generator) -> Floats:
    day = local // DAY - local[0] // DAY
    sigma = traffic.daily_spread
    levels: Floats = random.lognormal(-(sigma**2) / 2, sigma, int(day[-1]) + 1)[day]
    return levels


def _bursts(traffic: Traffic, minutes: int, random: np.random.Generator) -> Floats:
    n = random.poisson(traffic.bursts_per_day * minutes * MINUTE / DAY)
    begins = random.integers(0, minutes, n)
    ends = np.minimum(begins + 1 + random.exponential(_BURST_MINUTES, n).astype(np.int64), minutes)
    strength = random.exponential(traffic.burst_strength, n)
    steps = np.zeros(minutes + 1)
    np.add.at(steps, begins, strength)
    np.add.at(steps, ends, -strength)
    share = traffic.bursts_per_day * _BURST_MINUTES * MINUTE / DAY
    bursts: Floats = 1.0 + np.maximum(np.cumsum(steps[:-1]), 0.0)
    return bursts / (1.0 + share * traffic.burst_strength)


def _durations(traffic: Traffic, n: int, random: np.random.Generator) -> Int64s:
    median = np.where(random.random(n) < traffic.streams, traffic.stream_length, 4 * SECOND)
    drawn = median * random.lognormal(0.0, 0.8, n)
    return np.clip(drawn, 200, _LONGEST_STREAM).astype(np.int64)


def _worths(traffic: Traffic, n: int, random: np.random.Generator) -> Int64s:
    successes = traffic.requests_per_day * (1.0 - traffic.failures)
    mean = traffic.usd_per_day * UNITS_PER_USD / max(successes, 1e-9)
    drawn = mean * random.lognormal(-(traffic.spread**2) / 2, traffic.spread, n)
    return np.maximum(np.rint(drawn), 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class FlushSchedule:
    """When each counter is written: at once, or in batch mode at its next flush."""

    batch: bool
    quota_phase: int
    used_phase: int

    @classmethod
    def of(cls, scenario: Scenario) -> "FlushSchedule":
        """Return the schedule of a gateway, with random phases."""
        quota, used = scenario.random(2).integers(0, _FLUSH_INTERVAL, 2)
        return cls(scenario.booking.batch, int(quota), int(used))

    def quota(self, times: Int64s) -> Int64s:
        """Return when changes of the balance due at `times` are written."""
        return self._written(times, self.quota_phase)

    def used(self, times: Int64s) -> Int64s:
        """Return when changes of `used_quota` due at `times` are written."""
        return self._written(times, self.used_phase)

    def _written(self, times: Int64s, phase: int) -> Int64s:
        return phase - (phase - times) // _FLUSH_INTERVAL * _FLUSH_INTERVAL if self.batch else times


def book(requests: Requests, scenario: Scenario, flush: FlushSchedule) -> Counters:
    """Return what `requests` do to the counters."""
    booking, n, random = scenario.booking, len(requests.arrived), scenario.random(3)
    reserved = _reservations(booking, requests.worth, random)
    later = requests.ended + 1 + random.exponential(booking.delay, n).astype(np.int64)
    used_first = random.random(n) < booking.used_first
    settled = np.where(used_first, later, requests.ended)
    counted = np.where(used_first, requests.ended, later)[~requests.failed]
    quota = Movements.of(
        np.concatenate((flush.quota(requests.arrived), flush.quota(settled))),
        np.concatenate((-reserved, reserved - requests.cost)),
    )
    used = Movements.of(flush.used(counted), requests.worth[~requests.failed])
    return Counters((quota,), (used,))


def _reservations(booking: Booking, worth: Int64s, random: np.random.Generator) -> Int64s:
    factor = booking.reservation * random.lognormal(0.0, 0.6, len(worth))
    reserves = random.random(len(worth)) < booking.reserving
    return np.where(reserves, np.rint(worth * factor), 0).astype(np.int64)


def apply_events(events: Sequence[Event], flush: FlushSchedule) -> Counters:
    """Return what `events` do to the counters. Only refunds wait for the next flush."""
    refunds, refunded = _times_and_amounts([e for e in events if e.kind == "refund"])
    quota = Movements.of(flush.quota(refunds), refunded)
    return Counters(
        (credits_of(events), quota), (Movements.of(flush.used(refunds + 1), -refunded),)
    )


def credits_of(events: Sequence[Event]) -> Movements:
    """Return the top-ups and adjustments among `events`."""
    return Movements.of(*_times_and_amounts([e for e in events if e.kind != "refund"]))


def _times_and_amounts(events: Sequence[Event]) -> tuple[Int64s, Int64s]:
    times = np.array([event.at for event in events], dtype=np.int64)
    return times, np.array([event.quota for event in events], dtype=np.int64)
