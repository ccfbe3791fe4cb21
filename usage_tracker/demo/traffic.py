"""The requests an account makes: when each arrives, how long it runs, what it costs.

Arrivals are a Poisson process whose rate, minute by minute, follows the hour, the
weekday, growth, good and bad days, and bursts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.demo.scenario import Outage, Script, Traffic
from usage_tracker.ledger.arrays import Floats, Int64s
from usage_tracker.money import UNITS_PER_USD
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND

_LONGEST_STREAM = 10 * MINUTE
_BURST_MINUTES = 15.0
_MONDAY = 4 * DAY  # 1970 began on a Thursday


@dataclass(frozen=True, slots=True)
class Requests:
    """Arrays of equal length n, in the order of arrival; `cost` of a failed one is 0."""

    arrived: Int64s
    ended: Int64s
    worth: Int64s
    failed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.arrived)

    @property
    def cost(self) -> Int64s:
        """What each is charged, in units."""
        return np.where(self.failed, 0, self.worth)


def requests(script: Script) -> Requests:
    """Draw the requests that arrive during `script`."""
    random = np.random.default_rng([script.seed, 1])
    arrived = _arrivals(script, random)
    n = len(arrived)
    traffic = script.traffic
    return Requests(
        arrived=arrived,
        ended=arrived + _durations(traffic, n, random),
        worth=_worths(traffic, n, random),
        failed=random.random(n) < traffic.failures,
    )


def _arrivals(script: Script, random: np.random.Generator) -> Int64s:
    minutes = script.start + MINUTE * np.arange(-(-script.length // MINUTE), dtype=np.int64)
    counts = random.poisson(_rates(script, minutes, random))
    arrived = np.repeat(minutes, counts) + random.integers(0, MINUTE, counts.sum())
    arrived = np.sort(arrived[arrived < script.end])
    for outage in script.outages:
        arrived = arrived[~_stops(outage, arrived)]
    return arrived


def _stops(outage: Outage, moments: Int64s) -> npt.NDArray[np.bool_]:
    stopped: npt.NDArray[np.bool_] = (moments >= outage.start) & (moments < outage.end)
    return stopped & (outage.of == "gateway")


def _rates(script: Script, minutes: Int64s, random: np.random.Generator) -> Floats:
    """The expected number of requests in each of `minutes`."""
    traffic = script.traffic
    local = minutes + traffic.utc_offset
    hours, weekdays = np.array(traffic.hours), np.array(traffic.weekdays)
    profile = (hours / hours.mean())[local // HOUR % 24]
    profile = profile * (weekdays / weekdays.mean())[(local - _MONDAY) // DAY % 7]
    growth = np.exp(np.log1p(traffic.growth_per_week) * (minutes - script.start) / (7 * DAY))
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
