"""When a balance runs out without further credit, from the spend before it.

The forecast starts at the origin, the last snapshot at or before `as_of`, with the balance
at that time. The time between the two is predicted like any other. If several states apply,
the first of this order is used:

    depleted > insufficient_data > idle > stale > beyond_horizon > refilled > projected

The dates of a refilled account are those if the refills (see `refills`) stopped. A stale
forecast still has its dates. Without a snapshot the balance is unknown and data are
insufficient.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from usage_tracker.display import Displayed
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.forecast import refills
from usage_tracker.forecast.inputs import ForecastInputs, State, Unavailable, prepare
from usage_tracker.forecast.spend_distribution import (
    HORIZON_DAYS,
    SpendDistribution,
    check_probability,
    quantile_bounds,
)
from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.times import DAY, HOUR, from_ms


@dataclass(frozen=True, slots=True)
class Chance:
    """The probability `p` of running out within `days` days."""

    days: int
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Depletion(Displayed):
    """The projected end of a balance. Moments are aware UTC datetimes; None is unknown.

    `low` and `high` enclose the moment with probability `level`; `low` is the
    early end, a `high` beyond the horizon is None. `linear` is the balance over
    the 7-day rate (the whole history's, if shorter), for comparison.
    `reason` says in words why `state` is not `projected`; `refill` that the usual credit is
    overdue or too small. The forecast is made at
    `as_of` from the whole days between `since` and the last snapshot by then, `origin`,
    where it starts. Nothing after it is known, so a moment before `as_of` means "it may have
    run out already".
    """

    state: State
    reason: str | None = None
    level: float = 0.8
    low: dt.datetime | None = None
    median: dt.datetime | None = None
    high: dt.datetime | None = None
    linear: dt.datetime | None = None
    probability: tuple[Chance, ...] = ()
    method: str | None = None
    as_of: dt.datetime | None = None
    since: dt.datetime | None = None
    origin: dt.datetime | None = None
    refill: str | None = None

    def __eq__(self, other: object) -> bool:
        """Return whether both say the same, in whatever zone and type of moments."""
        return isinstance(other, Depletion) and self._values() == other._values()

    def __hash__(self) -> int:
        """Return a hash of what the forecast says."""
        return hash(self._values())

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, each.name) for each in fields(Depletion))


@dataclass(frozen=True, slots=True)
class FanPoint:
    """The balance expected at `at`, in units: its median and the bounds at the forecast's level."""

    at: dt.datetime
    low: int
    median: int
    high: int


METHOD = "log-t spend"
_LINEAR_DAYS = 7
_EARLY = 0.25
"""A refill must come before the balance may run out with this probability."""
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
    """A history that allows no forecast."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"nothing can be projected: {reason}")


def forecast(
    curve: SpendCurve,
    *,
    balance: int,
    as_of: int,
    level: float = 0.8,
    days: tuple[int, ...] = (7, 30),
) -> Depletion:
    """Return when `balance` (units, at the last snapshot) runs out, as known at `as_of` (UTC ms).

    `level` is the probability that it happens between `low` and `high`. The result has the
    probability of running out within each of `days` after `as_of`.

    Raises:
        InvalidProbabilityError: `level` is not between 0 and 1.
    """
    inputs = prepare(curve, as_of)
    projected = forecast_from(inputs, balance=balance, level=level, days=days)
    if projected.state != "projected" or isinstance(inputs.distribution, Unavailable):
        return projected
    refill = refills.find(curve.until(as_of))
    if refill is None:
        return projected
    early = inputs.distribution.wait_quantile(balance, _EARLY)
    lasts_to = None if early is None else inputs.origin + _whole_seconds(early)
    fault = refill.fault(balance, lasts_to)
    if fault:
        return replace(projected, refill=fault)
    return replace(projected, state="refilled", reason=refill.reason)


def forecast_from(
    inputs: ForecastInputs, *, balance: int, level: float = 0.8, days: tuple[int, ...] = (7, 30)
) -> Depletion:
    """Return the same from prepared `inputs`, for several balances of one history."""
    early, late = quantile_bounds(level)
    distribution = inputs.distribution
    # Without a snapshot the balance is unknown; where others pay it may be a constant -1.
    if balance <= 0 and len(inputs.recent) and not inputs.recent.is_covered:
        chances = tuple(Chance(n, 1.0) for n in days)
        return _without_dates(inputs, level, "depleted", "nothing is left", chances)
    if isinstance(distribution, Unavailable):
        return _without_dates(inputs, level, distribution.state, distribution.reason, ())
    low, median, high = (
        _moment(inputs, distribution.wait_quantile(balance, p)) for p in (early, 0.5, late)
    )
    elapsed = inputs.as_of - inputs.origin
    state, reason = _state(inputs, median)
    return Depletion(
        state=state,
        reason=reason,
        level=level,
        low=low,
        median=median,
        high=high,
        linear=_linear(inputs.recent, balance),
        probability=tuple(
            Chance(n, round(distribution.probability(balance, (elapsed + n * DAY) / HOUR), 6))
            for n in days
        ),
        method=METHOD,
        as_of=from_ms(inputs.as_of),
        since=from_ms(inputs.origin - distribution.days * DAY),
        origin=from_ms(inputs.origin),
    )


def fan(
    curve: SpendCurve, *, balance: int, as_of: int, level: float = 0.8, points: int = _FAN_POINTS
) -> tuple[FanPoint, ...]:
    """Return the expected balance from the last snapshot to the end of the depletion's interval.

    The end is `high`; if that is beyond the horizon, twice the median or the horizon. Points
    are denser at the start; `low` and the median are among them, as a bound reaches zero there.
    Empty if nothing can be projected.
    """
    early, late = quantile_bounds(level)
    distribution = prepare(curve, as_of).distribution
    if balance <= 0 or isinstance(distribution, Unavailable):
        return ()
    low, median = (
        distribution.wait_quantile(balance, early),
        distribution.wait_quantile(balance, 0.5),
    )
    horizon = float(len(distribution.centre))
    end = distribution.wait_quantile(balance, late) or min(2 * (median or horizon), horizon)
    bounds = [hours for hours in (low, median) if hours is not None and hours <= end]
    ahead = np.unique([*end * np.linspace(0, 1, points) ** 2, *bounds])
    left = _balances_ahead(distribution, balance, ahead, level)
    moments = (from_ms(distribution.origin + _whole_seconds(hours)) for hours in ahead.tolist())
    return tuple(FanPoint(at, *balances) for at, *balances in zip(moments, *left, strict=True))


def fan_at(
    curve: SpendCurve, *, balance: int, as_of: int, level: float, moments: Sequence[int]
) -> tuple[FanPoint, ...]:
    """Return the expected balance at `moments` (UTC ms) after the last snapshot.

    Raises:
        InvalidProbabilityError: `level` is not between 0 and 1.
        TooFarError: The last moment is beyond the horizon.
        NothingToProjectError: The history allows no forecast.
    """
    quantile_bounds(level)
    inputs = prepare(curve, as_of)
    if moments[-1] > inputs.origin + HORIZON_DAYS * DAY:
        raise TooFarError(moments[-1])
    if isinstance(inputs.distribution, Unavailable):
        raise NothingToProjectError(inputs.distribution.reason)
    hours = (np.array(moments) - inputs.origin) / HOUR
    left = _balances_ahead(inputs.distribution, balance, hours, level)
    points = zip(map(from_ms, moments), *left, strict=True)
    return tuple(FanPoint(at, *balances) for at, *balances in points)


def _balances_ahead(
    distribution: SpendDistribution, balance: int, hours: Floats, level: float
) -> list[list[int]]:
    """Return the low, median and high balance after so many `hours`."""
    early, late = quantile_bounds(level)
    return [
        [
            min(int(max(balance - spend, 0)), balance)  # a large float is not exact
            for spend in distribution.spend_quantile(p, hours).tolist()
        ]
        for p in (late, 0.5, early)
    ]


def needed(curve: SpendCurve, *, until: int, confidence: float, as_of: int) -> int:
    """Return the units needed at the last snapshot to last to `until` with `confidence`.

    Raises:
        InvalidProbabilityError: `confidence` is not between 0 and 1.
        TooFarError: `until` is beyond the horizon.
        NothingToProjectError: the history allows no forecast.
    """
    check_probability(confidence)
    inputs = prepare(curve, as_of)
    if until > inputs.origin + HORIZON_DAYS * DAY:
        raise TooFarError(until)
    if isinstance(inputs.distribution, Unavailable):
        raise NothingToProjectError(inputs.distribution.reason)
    hours = np.array([max(until - inputs.origin, 0) / HOUR])
    return math.ceil(float(inputs.distribution.spend_quantile(confidence, hours)[0]))


def _state(inputs: ForecastInputs, median: dt.datetime | None) -> tuple[State, str | None]:
    beyond = None if median else f"even odds that it lasts more than {HORIZON_DAYS} days"
    if inputs.lateness:
        return "stale", _join(inputs.lateness, beyond)
    return ("beyond_horizon", beyond) if beyond else ("projected", None)


def _without_dates(
    inputs: ForecastInputs, level: float, state: State, reason: str, chances: tuple[Chance, ...]
) -> Depletion:
    return Depletion(
        state=state,
        reason=_join(reason, inputs.lateness),
        level=level,
        probability=chances,
        as_of=from_ms(inputs.as_of),
        origin=from_ms(inputs.origin) if len(inputs.recent) else None,
    )


def _join(*reasons: str | None) -> str:
    return "; ".join(reason for reason in reasons if reason)


def _linear(recent: SpendCurve, balance: int) -> dt.datetime | None:
    origin = int(recent.times[-1])
    since = max(origin - _LINEAR_DAYS * DAY, int(recent.times[0]))
    before, now = recent.at(np.array([since, origin]))
    if now <= before:
        return None
    length = balance / (now - before) * (origin - since)
    return from_ms(origin + round(length)) if length < _LONGEST_LINE else None


def _moment(inputs: ForecastInputs, hours: float | None) -> dt.datetime | None:
    return None if hours is None else from_ms(inputs.origin + _whole_seconds(hours))


def _whole_seconds(hours: float) -> int:
    return round(hours * 3600) * 1000
