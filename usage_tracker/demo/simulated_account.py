"""A simulated account, lived through in virtual time: what was polled, and what was true.

    from usage_tracker.demo.simulated_account import Happening, Script, live

    life = live(Script(start=0, happenings=(Happening(9 * DAY, "top_up", units(50)),)))
    life.readings                                     # what a poller saw, for the analysis
    life.snapshots["t"], life.snapshots["requests"]   # the same as a structured array
    life.truth.happenings                             # what happened, to the millisecond
    life.truth.spend(since, until)                    # units spent in (since, until]
    life.truth.reserved(life.snapshots["t"])          # level - (quota + used + lost)

The same script gives the same life. `quota + used + lost + reserved = level` at every
moment, to the unit, where `lost` is what resets have wiped out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from usage_tracker.demo.counters import Beats, Track, Tracks, book, happen, reset, total
from usage_tracker.demo.scenario import Booking, Happening, Outage, Polls, Script, Traffic
from usage_tracker.demo.traffic import requests
from usage_tracker.ledger.arrays import Int64s, SnapshotArrays

__all__ = ["Booking", "Happening", "Life", "Outage", "Polls", "Script", "Traffic", "Truth", "live"]

SNAPSHOT = np.dtype([("t", "i8"), ("quota", "i8"), ("used", "i8"), ("requests", "i8")])


@dataclass(frozen=True, slots=True)
class Truth:
    """What no poller sees.

    `happenings` are in order of time; a reset's `quota` is the `used_quota` it wiped out.
    """

    happenings: tuple[Happening, ...]
    _opening: int
    _spent: Track
    _credited: Track
    _moved: Tracks

    def spent(self, moments: npt.ArrayLike) -> Int64s:
        """Units by which requests raised `used_quota` from the start up to each of `moments`."""
        return self._spent.at(moments)

    def spend(self, since: int, until: int) -> int:
        """Units spent in (since, until]."""
        before, after = self.spent([since, until])
        return int(after - before)

    def level(self, moments: npt.ArrayLike) -> Int64s:
        """The opening quota + used_quota and all top-ups and adjustments since, in units."""
        return self._opening + self._credited.at(moments)

    def reserved(self, moments: npt.ArrayLike) -> Int64s:
        """Units in flight: by how much the counters are below the level (negative: above)."""
        return self._credited.at(moments) - total(self._moved.quota + self._moved.used, moments)


@dataclass(frozen=True, slots=True)
class Life:
    """A script come true. Ask it for the counters `at` any moment of its length.

    `snapshots` is a structured array with the int64 fields t (UTC ms, strictly
    ascending), quota, used and requests; `failures` (UTC ms) are the polls that
    a gateway's outage made fail.
    """

    script: Script
    truth: Truth
    failures: Int64s
    snapshots: npt.NDArray[np.void]
    _tracks: Tracks

    @property
    def readings(self) -> SnapshotArrays:
        """The snapshots as the analysis takes them."""
        fields = ("t", "quota", "used", "requests")
        return SnapshotArrays(*(np.ascontiguousarray(self.snapshots[field]) for field in fields))

    def at(self, moments: npt.ArrayLike) -> npt.NDArray[np.void]:
        """The counters at `moments` (n,), as a structured array like `snapshots`."""
        return _read(self.script, self._tracks, np.atleast_1d(np.asarray(moments, dtype=np.int64)))


def live(script: Script) -> Life:
    """Live through `script`."""
    beats = Beats.of(script)
    booked = book(requests(script), script, beats)
    moved = booked + happen(script.happenings, beats)
    resets = reset(script, moved)
    wiped = Track.of_happenings([Happening(r.at, r.kind, -r.quota) for r in resets])
    tracks = moved + Tracks((), (wiped,))
    polled, failures = _polls(script)
    return Life(
        script,
        _truth(script, booked, moved, resets),
        failures,
        _read(script, tracks, polled),
        tracks,
    )


def _truth(script: Script, booked: Tracks, moved: Tracks, resets: list[Happening]) -> Truth:
    others = [h for h in script.happenings if h.kind != "reset"]
    return Truth(
        happenings=tuple(sorted((*others, *resets), key=lambda h: h.at)),
        _opening=script.quota + script.used,
        _spent=booked.used[0],
        _credited=Track.of_happenings([h for h in others if h.kind != "refund"]),
        _moved=moved,
    )


def _polls(script: Script) -> tuple[Int64s, Int64s]:
    """The moments of the polls that are answered, and of those that fail."""
    random = np.random.default_rng([script.seed, 4])
    times = np.arange(script.start, script.end, script.polls.every, dtype=np.int64)
    times += random.integers(0, max(script.polls.jitter, 1), len(times))
    lost = {of: np.zeros(len(times), dtype=np.bool_) for of in ("poller", "gateway")}
    for outage in script.outages:
        lost[outage.of] |= (times >= outage.start) & (times < outage.end)
    answered = ~lost["poller"] & ~lost["gateway"]
    return np.unique(times[answered]), np.unique(times[lost["gateway"] & ~lost["poller"]])


def _read(script: Script, tracks: Tracks, moments: Int64s) -> npt.NDArray[np.void]:
    counters = np.zeros(len(moments), dtype=SNAPSHOT)
    counters["t"] = moments
    counters["quota"] = script.quota + total(tracks.quota, moments)
    counters["used"] = script.used + total(tracks.used, moments)
    counters["requests"] = script.requests + np.searchsorted(
        tracks.used[0].times, moments, side="right"
    )
    return counters
