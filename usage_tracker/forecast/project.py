"""When a balance runs out, learnt from the spend behind it; credits never enter.

The forecast starts from the last snapshot at or before `as_of`, the origin, and the
balance is the one held then. The time between the two is ahead of the forecast like any
other: nothing is known about it. Of several states that fit, the first of this order holds:

    depleted > insufficient_data > idle > stale > beyond_horizon > projected

A stale forecast is made all the same. Without a snapshot no balance is known, and data are
insufficient.
"""

import datetime as dt
import math

import numpy as np

from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.forecast.depletion import Chance, Depletion, FanPoint, State
from usage_tracker.forecast.inputs import Footing, Refusal, stand
from usage_tracker.forecast.quantiles import checked, tails
from usage_tracker.forecast.spend_distribution import HORIZON_DAYS
from usage_tracker.ledger.arrays import SpendCurve
from usage_tracker.times import DAY, HOUR, from_ms

METHOD = "lognormal spend"
_LINEAR_DAYS = 7
_LONGEST_LINE = 36_525 * DAY
_FAN_POINTS = 40


class TooFarError(MisuseError):
    """A moment beyond the horizon."""

    def __init__(self, until: int) -> None:
        super().__init__(
            f"{from_ms(until):%Y-%m-%d} is too far: forecasts reach {HORIZON_DAYS} days from the "
            "last snapshot; ask for an earlier date"
        )


class NothingToProjectError(NoHistoryError):
    """The history does not allow any forecast."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"nothing can be projected: {reason}")


def project(
    curve: SpendCurve,
    *,
    balance: int,
    as_of: int,
    level: float = 0.8,
    days: tuple[int, ...] = (7, 30),
) -> Depletion:
    """When `balance` (units, held at the last snapshot) runs out, as known at `as_of` (UTC ms).

    `level` is the probability that it happens between `low` and `high`; the chance of
    running out is told for each of `days` after `as_of`.

    Raises:
        UnlikelyLevelError: `level` is not between 0 and 1.
    """
    return deplete(stand(curve, as_of), balance=balance, level=level, days=days)


def deplete(
    footing: Footing, *, balance: int, level: float = 0.8, days: tuple[int, ...] = (7, 30)
) -> Depletion:
    """The same from a `footing`, for those who ask for several balances."""
    early, late = tails(level)
    outlook = footing.outlook
    if balance <= 0 and len(footing.recent):  # without a snapshot it is unknown, not nothing
        chances = tuple(Chance(n, 1.0) for n in days)
        return _refusal(footing, level, "depleted", "nothing is left", chances)
    if isinstance(outlook, Refusal):
        return _refusal(footing, level, outlook.state, outlook.reason, ())
    low, median, high = (_moment(footing, outlook.reach(balance, p)) for p in (early, 0.5, late))
    waited = footing.as_of - footing.origin
    state, reason = _state(footing, median)
    return Depletion(
        state=state,
        reason=reason,
        level=level,
        low=low,
        median=median,
        high=high,
        linear=_linear(footing.recent, balance),
        probability=tuple(
            Chance(n, round(outlook.chance(balance, (waited + n * DAY) / HOUR), 6)) for n in days
        ),
        method=METHOD,
        as_of=from_ms(footing.as_of),
        origin=from_ms(footing.origin),
    )


def fan(
    curve: SpendCurve, *, balance: int, as_of: int, level: float = 0.8, points: int = _FAN_POINTS
) -> tuple[FanPoint, ...]:
    """The balance expected ahead, from the last snapshot to the end of the depletion's interval.

    The end is `high`, or where the horizon hides it twice the median, or the horizon. Points
    lie denser at the start, and at `low` and the median, where those bounds reach nothing.
    Empty when nothing can be projected.
    """
    early, late = tails(level)
    outlook = stand(curve, as_of).outlook
    if balance <= 0 or isinstance(outlook, Refusal):
        return ()
    low, median = outlook.reach(balance, early), outlook.reach(balance, 0.5)
    horizon = float(len(outlook.centre))
    end = outlook.reach(balance, late) or min(2 * (median or horizon), horizon)
    told = [hours for hours in (low, median) if hours is not None and hours <= end]
    ahead = np.unique([*end * np.linspace(0, 1, points) ** 2, *told])
    left = [
        np.maximum(balance - outlook.spent(p, ahead), 0).astype(np.int64).tolist()
        for p in (late, 0.5, early)
    ]
    moments = (from_ms(outlook.origin + _whole_seconds(hours)) for hours in ahead.tolist())
    return tuple(FanPoint(at, *bounds) for at, *bounds in zip(moments, *left, strict=True))


def needed(curve: SpendCurve, *, until: int, confidence: float, as_of: int) -> int:
    """The units that, held at the last snapshot, last to `until` (UTC ms) with `confidence`.

    Raises:
        UnlikelyLevelError: `confidence` is not between 0 and 1.
        TooFarError: `until` is beyond the horizon.
        NothingToProjectError: the history allows no forecast.
    """
    checked(confidence)
    footing = stand(curve, as_of)
    if until > footing.origin + HORIZON_DAYS * DAY:
        raise TooFarError(until)
    if isinstance(footing.outlook, Refusal):
        raise NothingToProjectError(footing.outlook.reason)
    hours = np.array([max(until - footing.origin, 0) / HOUR])
    return math.ceil(float(footing.outlook.spent(confidence, hours)[0]))


def _state(footing: Footing, median: dt.datetime | None) -> tuple[State, str | None]:
    beyond = None if median else f"even odds that it lasts more than {HORIZON_DAYS} days"
    if footing.late:
        return "stale", _joined(footing.late, beyond)
    return ("beyond_horizon", beyond) if beyond else ("projected", None)


def _refusal(
    footing: Footing, level: float, state: State, reason: str, chances: tuple[Chance, ...]
) -> Depletion:
    return Depletion(
        state=state,
        reason=_joined(reason, footing.late),
        level=level,
        probability=chances,
        as_of=from_ms(footing.as_of),
        origin=from_ms(footing.origin) if len(footing.recent) else None,
    )


def _joined(*reasons: str | None) -> str:
    return "; ".join(reason for reason in reasons if reason)


def _linear(recent: SpendCurve, balance: int) -> dt.datetime | None:
    origin = int(recent.times[-1])
    since = max(origin - _LINEAR_DAYS * DAY, int(recent.times[0]))
    before, now = recent.at(np.array([since, origin]))
    if now <= before:
        return None
    length = balance / (now - before) * (origin - since)
    return from_ms(origin + round(length)) if length < _LONGEST_LINE else None


def _moment(footing: Footing, hours: float | None) -> dt.datetime | None:
    return None if hours is None else from_ms(footing.origin + _whole_seconds(hours))


def _whole_seconds(hours: float) -> int:
    return round(hours * 3600) * 1000
