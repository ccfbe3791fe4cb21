"""What an account is to live through: how busy it is, how its gateway books, what happens to it.

Moments and lengths are milliseconds (UTC), amounts are gateway units, shares lie
between 0 and 1. Nothing here is random; a `Script` and its seed decide a life.
"""

from dataclasses import dataclass, field
from typing import Literal

from usage_tracker.money import units
from usage_tracker.times import DAY, MINUTE, SECOND

ROUND_THE_CLOCK = (1.0,) * 24
EVERY_DAY = (1.0,) * 7
OFFICE_HOURS = (
    *(0.06, 0.04, 0.03, 0.02, 0.02, 0.04, 0.1, 0.3, 0.9, 1.7, 2.2, 2.1),
    *(1.3, 1.7, 2.3, 2.4, 2.2, 1.8, 1.1, 0.7, 0.7, 0.6, 0.4, 0.15),
)
WORKING_WEEK = (1.15, 1.25, 1.25, 1.2, 1.05, 0.3, 0.25)

HappeningKind = Literal["top_up", "refund", "adjustment", "reset"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of an account.

    `requests_per_day` and `usd_per_day` are means over a week at the start;
    `hours` (24) and `weekdays` (7, Monday first) weigh them in the clock that is
    `utc_offset` ahead of UTC. `spread` is the standard deviation of the
    logarithm of a request's cost, `daily_spread` of a day's level. A burst
    multiplies the traffic by some `burst_strength` for a quarter of an hour or so.
    `streams` is the share of requests that run for minutes instead of seconds
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

    A share `reserving` of the requests first has some `reservation` times its
    cost taken from the balance. When a request ends, balance and `used_quota`
    are settled one after the other, some `delay` apart; for a share
    `used_first` in the opposite order. With `batch`, each counter is written only
    every five seconds, on a beat of its own.
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
    """No snapshots in [start, end).

    Either the poller is down while the account goes on spending, or the gateway
    is, so that polls fail and no request arrives.
    """

    start: int
    end: int
    of: Literal["poller", "gateway"] = "poller"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something other than a request that moves a counter.

    `top_up` raises the balance by `quota` (so does an old gateway's refund);
    `adjustment` moves it by `quota`, usually down (an expiry, a correction);
    `refund` gives `quota` back to the balance and takes it off `used_quota`;
    `reset` puts `used_quota` to 0, and its `quota` is what was lost: it is 0 in
    a script and filled in by the life.
    """

    at: int
    kind: HappeningKind
    quota: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """One account's life over [start, start + length)."""

    start: int
    length: int = 30 * DAY
    seed: int = 0
    quota: int = units(100.0)
    used: int = 0
    requests: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    booking: Booking = field(default_factory=Booking)
    polls: Polls = field(default_factory=Polls)
    happenings: tuple[Happening, ...] = ()
    outages: tuple[Outage, ...] = ()

    @property
    def end(self) -> int:
        """The first moment after the life."""
        return self.start + self.length
