"""A simulated account with counter resets, and the values that no poller can see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from usage_tracker.demo import simulated_account
from usage_tracker.demo.simulated_account import (
    Event,
    Movements,
    Scenario,
    SimulatedAccount,
    credits_of,
    total,
)
from usage_tracker.ledger.arrays import Int64s

ROUND_THE_CLOCK = (1.0,) * 24
EVERY_DAY = (1.0,) * 7


@dataclass(frozen=True, slots=True)
class Reset:
    """`used_quota` is set to 0; `quota` is the value that is lost."""

    at: int
    quota: int
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True)
class TrueAccount(SimulatedAccount):
    """A simulated account with `resets`, and its true spend, level and reservations.

    `quota + used + lost + reserved = level` at every moment, to the unit, where `lost` is the
    sum of the resets so far.
    """

    resets: tuple[Reset, ...] = ()

    @property
    def events(self) -> list[Event | Reset]:
        """Everything that changes the counters except requests, in order of time."""
        return sorted((*self.scenario.events, *self.resets), key=lambda event: event.at)

    def spend(self, since: int, until: int) -> int:
        """Return the units spent in (since, until]."""
        before, after = self.spent([since, until])
        return int(after - before)

    def level(self, moments: npt.ArrayLike) -> Int64s:
        """Return the opening quota + used_quota and all top-ups and adjustments since."""
        return self.scenario.quota + self.scenario.used + self._credits.at(moments)

    def reserved(self, moments: npt.ArrayLike) -> Int64s:
        """Return the units in flight: how far the counters are below the level."""
        used = self.counters.used[: len(self.counters.used) - bool(self.resets)]
        return self._credits.at(moments) - total(self.counters.quota + used, moments)

    @property
    def _credits(self) -> Movements:
        return credits_of(self.scenario.events)


def simulate(scenario: Scenario, resets: Iterable[int] = ()) -> TrueAccount:
    """Run `scenario` with a reset of `used_quota` at each of the moments `resets`."""
    return with_resets(simulated_account.simulate(scenario), resets)


def with_resets(account: SimulatedAccount, resets: Iterable[int] = ()) -> TrueAccount:
    """Return `account` with its true values and a reset at each of the moments `resets`."""
    scenario, counters = account.scenario, account.counters
    lost = 0
    done: list[Reset] = []
    for moment in sorted(resets):
        used = scenario.used + int(total(counters.used, moment)) - lost
        done.append(Reset(moment, used))
        lost += used
    if not done:
        return TrueAccount(scenario, counters)
    wiped = Movements.of(
        np.array([reset.at for reset in done]), np.array([-reset.quota for reset in done])
    )
    return TrueAccount(scenario, replace(counters, used=(*counters.used, wiped)), tuple(done))
