"""The account that `tracker demo` shows: a small team's, eleven weeks old, still at work.

It buys credit when it runs low, was given a refund for a failed task, lost its
poller for nine hours one day and its gateway for most of an hour on another. What
it bought last leaves it some nine days' credit.
"""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import numpy as np

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.user import Profile
from usage_tracker.demo.simulated_account import (
    Booking,
    Happening,
    Life,
    Outage,
    Script,
    Traffic,
    live,
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
_OUT_OF_ORDER = (Kind.SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
_MONDAY = 4 * DAY  # 1970 began on a Thursday
_WORKING_DAYS = 5
_TRAFFIC = Traffic(
    requests_per_day=320, usd_per_day=6.0, growth_per_week=0.03, streams=0.35, bursts_per_day=3.0
)


def account_life(now: int, *, utc_offset: int | None = None, seed: int = 20) -> Life:
    """The life of the account from 77 days before `now` (UTC ms) to 30 days after it.

    Its people work by the clock that is `utc_offset` (ms) ahead of UTC: the
    machine's, unless told otherwise.
    """
    offset = _machine_offset(now) if utc_offset is None else utc_offset
    repair = _afternoon(now, offset, days=24) - 3 * HOUR
    downtime = _afternoon(now, offset, days=11)
    bare = Script(
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
    refund = Happening(_afternoon(now, offset, days=16), "refund", _REFUND)
    opening, purchases = _supply(live(bare), now)
    return live(replace(bare, quota=opening, happenings=(*purchases, refund)))


def history(now: int | None = None, *, utc_offset: int | None = None, seed: int = 20) -> History:
    """What was polled of that life up to `now` (UTC ms; the clock's, if not given).

    Made in memory, for notebooks and tests.
    """
    moment = now_ms() if now is None else now
    life = account_life(moment, utc_offset=utc_offset, seed=seed)
    failed = tuple(life.failures[life.failures <= moment].tolist())
    return History(life.readings.until(moment), account="demo", failures=failed)


def write(database: Database, account: AccountLike, life: Life, until: int, rest: Profile) -> int:
    """Store what was polled before `until` (UTC ms) as if it had come then; how many snapshots.

    `rest` is what the gateway tells besides the counters.
    """
    claim = AccountSpec(account.name, account.base_url, account.quota_per_unit, life.script.start)
    polled = life.snapshots[life.snapshots["t"] < until].tolist()
    failed = life.failures[life.failures < until].tolist()
    with Staging("the past") as staging:
        key = staging.add_account(claim)
        body = profiles.canonical_json(rest)
        profile = staging.add_profile(key, profiles.digest(body), body)
        staging.add_snapshots(key, ((*poll, profile, Source.GATEWAY, 0) for poll in polled))
        for moment in failed:
            staging.add_failure(key, Failure(moment, *_OUT_OF_ORDER))
        staging.close_up()
        return merge(database, staging).added


def _machine_offset(now: int) -> int:
    offset = from_ms(now).astimezone().utcoffset()
    return int(offset.total_seconds()) * SECOND if offset is not None else 0


def _afternoon(now: int, offset: int, days: int) -> int:
    """About three o'clock, local time, on the last working day at least `days` before `now`."""
    midnight = (now + offset) // DAY * DAY - days * DAY
    weekend = max((midnight - _MONDAY) // DAY % 7 - _WORKING_DAYS + 1, 0)
    return midnight - weekend * DAY - offset + 15 * HOUR + 7 * MINUTE


def _supply(life: Life, now: int) -> tuple[int, list[Happening]]:
    """The opening balance and the purchases that keep the account above water.

    A purchase is due when the balance falls to a low mark, and so whenever
    another purchase's worth has been spent; the one before `now` leaves the
    days' credit wanted. The purchases from then on are due in the life ahead.
    """
    moments = np.arange(life.script.start, life.script.end, 10 * MINUTE)
    spent = life.truth.spent(moments)
    by_now, a_fortnight_ago = (int(s) for s in life.truth.spent([now, now - 14 * DAY]))
    left = (by_now - a_fortnight_ago) * _DAYS_LEFT // 14
    due = list(_due(by_now + left - _LOW, int(spent[-1])))
    purchases = [
        Happening(int(moments[np.searchsorted(spent, at)]) + 7 * MINUTE, "top_up", amount)
        for at, amount in due
    ]
    return _LOW + due[0][0] - _REFUND, purchases


def _due(coming: int, end: int) -> Iterator[tuple[int, int]]:
    """What will have been spent at each purchase, and its amount; one of them is at `coming`."""
    turn = 0
    first = coming
    while first - _PURCHASES[turn] > 0:
        first -= _PURCHASES[turn]
        turn = (turn + 1) % len(_PURCHASES)
    while first < end:
        turn = (turn - 1) % len(_PURCHASES)
        yield first, _PURCHASES[turn]
        first += _PURCHASES[turn]
