"""The account that `tracker demo` shows: a small team with eleven weeks of history.

The team buys credit when the balance is low and got one refund. The poller was down for nine
hours once, the gateway for most of an hour. The balance lasts for about nine more days.
"""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import numpy as np

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.user import Profile
from usage_tracker.demo.simulated_account import (
    Booking,
    Event,
    Outage,
    Scenario,
    SimulatedAccount,
    Traffic,
    simulate,
)
from usage_tracker.history import History
from usage_tracker.money import units
from usage_tracker.store import profiles
from usage_tracker.store.accounts import AccountLike
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.merge import merge
from usage_tracker.store.importing.staging import Staging
from usage_tracker.store.schema import Source
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND, from_ms, now_ms

_PAST = 77 * DAY
_AHEAD = 30 * DAY
_DAYS_LEFT = 9
_LOW = units(9.0)
_PURCHASES = (units(100.0), units(50.0), units(80.0))
_REFUND = units(1.75)
_UNAVAILABLE = (Kind.SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
_MONDAY = 4 * DAY  # 1970 began on a Thursday
_WORKING_DAYS = 5
_TRAFFIC = Traffic(
    requests_per_day=320, usd_per_day=6.0, growth_per_week=0.03, streams=0.35, bursts_per_day=3.0
)


def sample(now: int, *, utc_offset: int | None = None, seed: int = 20) -> SimulatedAccount:
    """Return the account from 77 days before `now` (UTC ms) to 30 days after it.

    Its users work in the time zone `utc_offset` (ms) ahead of UTC, by default the machine's.
    """
    offset = _machine_offset(now) if utc_offset is None else utc_offset
    repair = _afternoon(now, offset, days=24) - 3 * HOUR
    downtime = _afternoon(now, offset, days=11)
    without_credit = Scenario(
        start=now // MINUTE * MINUTE - _PAST,
        length=_PAST + _AHEAD,
        seed=seed,
        quota=0,
        traffic=replace(_TRAFFIC, utc_offset=offset),
        booking=Booking(reserving=0.8, batch=True),
        outages=(
            Outage(repair, repair + 9 * HOUR),
            Outage(downtime, downtime + 50 * MINUTE, of="gateway"),
        ),
    )
    refund = Event(_afternoon(now, offset, days=16), "refund", _REFUND)
    opening, purchases = _credit(simulate(without_credit), now)
    return simulate(replace(without_credit, quota=opening, events=(*purchases, refund)))


def history(now: int | None = None, *, utc_offset: int | None = None, seed: int = 20) -> History:
    """Return the account's snapshots up to `now` (UTC ms, default the current time), in memory."""
    moment = now_ms() if now is None else now
    simulated = sample(moment, utc_offset=utc_offset, seed=seed)
    failed = tuple(simulated.failures[simulated.failures <= moment].tolist())
    return History(simulated.readings.until(moment), account="demo", failures=failed)


def store(
    database: Database, account: AccountLike, simulated: SimulatedAccount, until: int, user: Profile
) -> int:
    """Store the snapshots and failures before `until` (UTC ms); return the number of snapshots.

    `user` is what the gateway returns in addition to the counters.
    """
    first = simulated.scenario.start
    spec = AccountSpec(account.name, account.base_url, account.quota_per_unit, first)
    polled = simulated.snapshots[simulated.snapshots["t"] < until].tolist()
    failed = simulated.failures[simulated.failures < until].tolist()
    with Staging("the past") as staging:
        key = staging.add_account(spec)
        body = profiles.canonical_json(user)
        profile = staging.add_profile(key, profiles.digest(body), body)
        staging.add_snapshots(key, ((*poll, profile, Source.GATEWAY, 0) for poll in polled))
        for moment in failed:
            staging.add_failure(key, Failure(moment, *_UNAVAILABLE))
        staging.finish()
        return merge(database, staging).added


def _machine_offset(now: int) -> int:
    offset = from_ms(now).astimezone().utcoffset()
    return int(offset.total_seconds()) * SECOND if offset is not None else 0


def _afternoon(now: int, offset: int, days: int) -> int:
    """Return 15:07 local time on the last working day at least `days` before `now`."""
    midnight = (now + offset) // DAY * DAY - days * DAY
    weekend = max((midnight - _MONDAY) // DAY % 7 - _WORKING_DAYS + 1, 0)
    return midnight - weekend * DAY - offset + 15 * HOUR + 7 * MINUTE


def _credit(simulated: SimulatedAccount, now: int) -> tuple[int, list[Event]]:
    """Return the opening balance and the purchases that keep the balance positive.

    A purchase follows when the balance falls to a low mark, that is, when the amount of the
    one before has been spent. The last one before `now` leaves credit for the days wanted.
    """
    moments = np.arange(simulated.scenario.start, simulated.scenario.end, 10 * MINUTE)
    spent = simulated.spent(moments)
    by_now, a_fortnight_ago = (int(s) for s in simulated.spent([now, now - 14 * DAY]))
    left = (by_now - a_fortnight_ago) * _DAYS_LEFT // 14
    due = list(_due(by_now + left - _LOW, int(spent[-1])))
    purchases = [
        Event(int(moments[np.searchsorted(spent, at)]) + 7 * MINUTE, "top_up", amount)
        for at, amount in due
    ]
    return _LOW + due[0][0] - _REFUND, purchases


def _due(coming: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the total spend at each purchase up to `end`, and its amount; one is at `coming`."""
    turn = 0
    first = coming
    while first - _PURCHASES[turn] > 0:
        first -= _PURCHASES[turn]
        turn = (turn + 1) % len(_PURCHASES)
    while first < end:
        turn = (turn - 1) % len(_PURCHASES)
        yield first, _PURCHASES[turn]
        first += _PURCHASES[turn]
