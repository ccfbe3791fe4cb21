"""How a gateway's counters move.

A request is booked in up to three steps: the reservation leaves the balance, the
balance is settled to the true cost, and `used_quota` grows by that cost. The
last two come one after the other, in either order, so `quota + used_quota` dips
(or juts out) while a request is under way and is back when it is done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.demo.scenario import Booking, Happening, Script
from usage_tracker.demo.traffic import Requests
from usage_tracker.ledger.arrays import Int64s
from usage_tracker.times import SECOND

_BEAT = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Track:
    """One counter's running total of movements: `total[i]` after the first i of them."""

    times: Int64s
    total: Int64s

    @classmethod
    def of(cls, times: Int64s, amounts: Int64s) -> "Track":
        """The track of `amounts` that come at `times`, in any order."""
        order = np.argsort(times, kind="stable")
        total = np.concatenate(([0], np.cumsum(amounts[order])))
        return cls(times[order], total.astype(np.int64))

    @classmethod
    def of_happenings(cls, happenings: Sequence[Happening]) -> "Track":
        """The track of the amounts of `happenings`."""
        return cls.of(*_times_and_amounts(happenings))

    def at(self, moments: npt.ArrayLike) -> Int64s:
        """The total of all movements at or before each of `moments`."""
        done = np.searchsorted(self.times, np.asarray(moments, dtype=np.int64), side="right")
        totals: Int64s = self.total[done]
        return totals


@dataclass(frozen=True, slots=True)
class Tracks:
    """Where the movements of the counters come from: several tracks each, to be added up."""

    quota: tuple[Track, ...]
    used: tuple[Track, ...]

    def __add__(self, other: "Tracks") -> "Tracks":
        return Tracks(self.quota + other.quota, self.used + other.used)

    @property
    def requests(self) -> Track:
        """`request_count`, written together with the `used_quota` of each request."""
        counted = self.used[0]
        return Track(counted.times, np.arange(len(counted.total), dtype=np.int64))


def total(tracks: Iterable[Track], moments: npt.ArrayLike) -> Int64s:
    """The sum of `tracks` at each of `moments`."""
    sums: Int64s = np.sum([track.at(moments) for track in tracks], axis=0, dtype=np.int64)
    return sums


@dataclass(frozen=True, slots=True)
class Beats:
    """When each counter is written: at once, or in batch mode on its next beat."""

    batch: bool
    quota_phase: int
    used_phase: int

    @classmethod
    def of(cls, script: Script) -> "Beats":
        """The beats of a gateway; their phases are the seed's."""
        quota, used = np.random.default_rng([script.seed, 2]).integers(0, _BEAT, 2)
        return cls(script.booking.batch, int(quota), int(used))

    def quota(self, times: Int64s) -> Int64s:
        """When movements of the balance due at `times` are written."""
        return self._written(times, self.quota_phase)

    def used(self, times: Int64s) -> Int64s:
        """When movements of `used_quota` due at `times` are written."""
        return self._written(times, self.used_phase)

    def _written(self, times: Int64s, phase: int) -> Int64s:
        return phase - (phase - times) // _BEAT * _BEAT if self.batch else times


def book(requests: Requests, script: Script, beats: Beats) -> Tracks:
    """What `requests` do to the counters."""
    booking, n = script.booking, len(requests)
    random = np.random.default_rng([script.seed, 3])
    reserved = _reservations(booking, requests.worth, random)
    later = requests.ended + 1 + random.exponential(booking.delay, n).astype(np.int64)
    used_first = random.random(n) < booking.used_first
    settled = np.where(used_first, later, requests.ended)
    counted = np.where(used_first, requests.ended, later)[~requests.failed]
    quota = Track.of(
        np.concatenate((beats.quota(requests.arrived), beats.quota(settled))),
        np.concatenate((-reserved, reserved - requests.cost)),
    )
    return Tracks((quota,), (Track.of(beats.used(counted), requests.worth[~requests.failed]),))


def _reservations(booking: Booking, worth: Int64s, random: np.random.Generator) -> Int64s:
    factor = booking.reservation * random.lognormal(0.0, 0.6, len(worth))
    reserves = random.random(len(worth)) < booking.reserving
    return np.where(reserves, np.rint(worth * factor), 0).astype(np.int64)


def happen(happenings: Sequence[Happening], beats: Beats) -> Tracks:
    """What top-ups, adjustments and refunds do to the counters. Refunds keep the beat."""
    credited = Track.of_happenings([h for h in happenings if h.kind in {"top_up", "adjustment"}])
    times, amounts = _times_and_amounts([h for h in happenings if h.kind == "refund"])
    given_back = Track.of(beats.quota(times), amounts)
    return Tracks((credited, given_back), (Track.of(beats.used(times + 1), -amounts),))


def reset(script: Script, tracks: Tracks) -> list[Happening]:
    """The script's resets, each with the `used_quota` that it wipes out."""
    lost = 0
    resets = []
    for moment in sorted(h.at for h in script.happenings if h.kind == "reset"):
        used = script.used + int(total(tracks.used, moment)) - lost
        resets.append(Happening(moment, "reset", used))
        lost += used
    return resets


def _times_and_amounts(happenings: Sequence[Happening]) -> tuple[Int64s, Int64s]:
    times = np.array([h.at for h in happenings], dtype=np.int64)
    return times, np.array([h.quota for h in happenings], dtype=np.int64)
