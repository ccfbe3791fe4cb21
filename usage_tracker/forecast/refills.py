"""Refills: credit that comes by schedule (an allowance) or by threshold (an automatic recharge).

They are recognised from the last eight top-ups of the last 180 days. Four are needed. "Alike"
means that four in five of them lie within the tolerance around their median.

* By schedule: four in five of the times between top-ups are a day, a week or a month, or a multiple
  of it (nothing was spent, or no snapshot was taken), to 15 % of the period; half of them are one
  period. The amounts are alike (25 %), or the balances after them (10 %). A top-up whose time is
  not known to a quarter of the period is left out.
* By threshold: the amounts are alike (25 %), and so are the balances before them (a tenth of the
  amount, and a quarter of that balance).

If both apply, the more regular one counts. Top-ups that make up for less than nine tenths of the
spend between them are too small: the balance falls all the same.

A scheduled refill is overdue 15 % of its period after the next one should have come, a
recharge once the balance is a tenth of the amount lower than at any recharge. A scheduled
refill is too small, too, if the balance may run out before it.
"""

from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from usage_tracker.ledger.arrays import Floats, Int64s, SpendCurve
from usage_tracker.ledger.events import Event
from usage_tracker.times import DAY, HOUR

_PERIODS: Final = (("daily", DAY), ("weekly", 7 * DAY), ("monthly", round(30.44 * DAY)))
_FEWEST, _MOST = 4, 8
_DAYS = 180
_SHARE = 0.8
_LATE = 0.15
_AMOUNT, _LEVEL = 0.25, 0.1
_MAKES_UP = 0.9


@dataclass(frozen=True, slots=True)
class Refill:
    """Credit that comes by itself.

    `spread` is its irregularity, as a share of the period or of the amount. The next one is
    `due` (UTC ms) or comes at `threshold` (units) at the latest; None if that is not so.
    """

    name: str
    count: int
    spread: float
    origin: int
    period: int = 0
    due: int | None = None
    threshold: float | None = None
    makes_up: bool = True

    @property
    def reason(self) -> str:
        """What is known of it, in words."""
        return f"a {self.name} is expected ({self.count} seen); the dates are those without it"

    def fault(self, balance: int, lasts_to: int | None) -> str | None:
        """Return what is wrong with it, in words, if `balance` may run out at `lasts_to`."""
        late = self.due is not None and self.origin > self.due + _LATE * self.period
        if late or (self.threshold is not None and balance < self.threshold):
            return f"the {self.name} is overdue"
        short = self.due is not None and lasts_to is not None and lasts_to < self.due
        return f"the {self.name} is too small" if short or not self.makes_up else None


def find(curve: SpendCurve) -> Refill | None:
    """Return the refill that the top-ups of `curve` show at its last knot, if there is one."""
    if len(curve.top_ups) < _FEWEST or curve.quota is None:
        return None
    origin = int(curve.times[-1])
    recent = [event for event in curve.top_ups if event.at > origin - _DAYS * DAY][-_MOST:]
    # The knots that every query returns: the answer must not depend on the others.
    seen = curve.since(origin - _DAYS * DAY).beside_hours(_DAYS * DAY // HOUR)
    found = [*_scheduled(recent, seen), *_by_threshold(recent, seen)]
    return min(found, key=lambda refill: refill.spread, default=None)


def _scheduled(events: list[Event], seen: SpendCurve) -> list[Refill]:
    found = []
    for name, period in _PERIODS:
        sharp = [event for event in events if event.at - event.after <= period / 4]
        if len(sharp) < _FEWEST:
            continue
        lengths = np.diff([event.at for event in sharp]) / period
        multiples = np.maximum(np.rint(lengths), 1)
        spread = _spread(lengths - multiples)
        if spread > _LATE or np.mean(multiples == 1) < 1 / 2 or not _are_alike(sharp, seen):
            continue
        due, makes_up = _due(events[-1], period, seen), _makes_up(sharp, seen)
        origin = int(seen.times[-1])
        found.append(
            Refill(f"{name} refill", len(sharp), spread, origin, period, due, makes_up=makes_up)
        )
    return found


def _by_threshold(events: list[Event], seen: SpendCurve) -> list[Refill]:
    if len(events) < _FEWEST:
        return []
    amounts, before = _amounts(events), _before(events, seen)
    amount, level = float(np.median(amounts)), float(np.median(before))
    deviation = _spread(before - level)
    if _spread(amounts - amount) > _AMOUNT * amount or deviation > min(
        _LEVEL * amount, _AMOUNT * level
    ):
        return []
    lowest = float(before.min()) - _LEVEL * amount
    return [
        Refill(
            "recharge",
            len(events),
            deviation / amount,
            int(seen.times[-1]),
            threshold=lowest,
            makes_up=_makes_up(events, seen),
        )
    ]


def _are_alike(events: list[Event], seen: SpendCurve) -> bool:
    """Return whether the amounts, or the balances after them, are alike."""
    amounts, after = _amounts(events), _after(events, seen)
    return any(
        _spread(values - np.median(values)) <= tolerance * float(np.median(values))
        for values, tolerance in ((amounts, _AMOUNT), (after, _LEVEL))
    )


def _makes_up(events: list[Event], seen: SpendCurve) -> bool:
    first, last = seen.at(np.array([events[0].at, events[-1].at]))
    return bool(_amounts(events)[1:].sum() >= _MAKES_UP * (last - first))


def _due(last: Event, period: int, seen: SpendCurve) -> int | None:
    """Return when the next one comes; None as long as nothing was spent since the `last` one."""
    later = seen.times[(seen.times > last.at) & (seen.spent > seen.at(np.array([last.at]))[0])]
    if not len(later):
        return None
    periods = max(-((last.at - int(later[0])) // period), 1)
    return last.at + periods * period


def _amounts(events: list[Event]) -> Floats:
    return np.array([event.quota for event in events], dtype=np.float64)


def _before(events: list[Event], seen: SpendCurve) -> Floats:
    """Return the balance before each event, from the last knot before it."""
    moments = np.array([event.after for event in events])
    knots = np.maximum(np.searchsorted(seen.times, moments, side="right") - 1, 0)
    return _balance(seen, knots) - (seen.at(moments) - seen.spent[knots])


def _after(events: list[Event], seen: SpendCurve) -> Floats:
    """Return the balance after each event, from the first knot after it."""
    moments = np.array([event.at for event in events])
    knots = np.minimum(np.searchsorted(seen.times, moments), len(seen) - 1)
    return _balance(seen, knots) + (seen.spent[knots] - seen.at(moments))


def _balance(seen: SpendCurve, knots: Int64s) -> Floats:
    return cast("Int64s", seen.quota)[knots].astype(np.float64)


def _spread(deviations: Floats) -> float:
    """Return the deviation that four in five do not exceed."""
    sizes = np.sort(np.abs(deviations))
    return float(sizes[max(int(np.ceil(_SHARE * len(sizes))) - 1, 0)])
