"""A backtest of the forecast on an account's own history.

Forecasts made at neighbouring moments cover the same days, so many folds count as few
independent ones. Only a coverage that is both more than two standard errors and more than
ten points away from the level is reported as a fault; less may be chance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from usage_tracker.display import Displayed
from usage_tracker.forecast.folds import (
    BACKTEST_SPAN,
    HISTORY_NEEDED,
    MEAN_DAYS,
    MOMENTS,
    Fold,
    make_folds,
)
from usage_tracker.forecast.spend_distribution import check_probability, quantile_bounds
from usage_tracker.forecast.spend_profile import HISTORY_DAYS
from usage_tracker.formatting import percent
from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.ledger.events import Event
from usage_tracker.times import DAY, HOUR, to_ms

BACKTEST_HOURS = 24 * (BACKTEST_SPAN // DAY + HISTORY_DAYS + 1)
"""Hours of history of a backtest: a year of moments, and the history of the first of them."""
RECENT_HOURS = 24 * 180
"""Hours of history that a report reads for a forecast and its quick backtest."""
QUICK_MOMENTS = 16
QUICK_MEAN_DAYS = (1.0, 3.0, 7.0, 14.0)
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
METHOD = "forecast"
NAIVE = tuple(f"mean of the last {n}" for n in ("24 h", "7 d", "28 d"))
_NEEDED_DAYS = HISTORY_NEEDED // DAY + 3
_NEEDED_FOLDS = 10
_NEAR = 0.05
_FAR = 0.1


@dataclass(frozen=True, slots=True)
class Score:
    """The errors of a method; smaller is better.

    `pinball` is the mean pinball loss of ln waiting time at the interval's ends and the
    median; `median_error` the median of |median - truth| / truth.
    """

    method: str
    pinball: float
    median_error: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The share of outcomes `observed` inside the intervals of probability `level`."""

    level: float
    observed: float


@dataclass(frozen=True, slots=True)
class Backtest(Displayed):
    """The result of a backtest. Without `trials` only `level`, `verdict` and `reason` are set.

    Attributes:
        verdict: One sentence for the user.
        reason: Why there are no trials.
        trials: The past forecasts with their outcomes.
        independent: How many forecasts that do not overlap the trials are worth.
        scores: The forecast first, then the mean rates of 24 h, 7 d and 28 d.
        trust: A warning to show beside a forecast; None if none is needed.
    """

    level: float
    verdict: str
    reason: str | None = None
    trials: tuple[Fold, ...] = ()
    moments: int = 0
    independent: float = 0.0
    came_true: int = 0
    coverage: float | None = None
    scores: tuple[Score, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    trust: str | None = None

    def __repr__(self) -> str:
        """Return the verdict: all trials would fill screens."""
        return f"<Backtest: {self.verdict}>"


def run(
    curve: SpendCurve,
    *,
    as_of: int,
    level: float = 0.8,
    moments: int = MOMENTS,
    mean_days: tuple[float, ...] = MEAN_DAYS,
) -> Backtest:
    """Backtest the forecast on the last year of `curve` as known at `as_of` (UTC ms)."""
    check_probability(level)
    known = curve.until(as_of)
    missing = _missing_history(known)
    if missing:
        return _without_trials(level, missing)
    since = int(known.times[-1]) - BACKTEST_HOURS * HOUR
    recent = known.since(since).beside_hours(BACKTEST_HOURS)
    folds = make_folds(recent, level=level, moments=moments, mean_days=mean_days)
    if len(folds) < _NEEDED_FOLDS:
        return _without_trials(level, "needs a longer history with spend in it")
    tested = _evaluate(tuple(folds), level)
    return replace(tested, verdict=tested.verdict + _between(folds, known.top_ups))


def trust(curve: SpendCurve, *, as_of: int, level: float = 0.8) -> str | None:
    """Return the warning to show beside a forecast, from a backtest quick enough for a report."""
    return run(
        curve, as_of=as_of, level=level, moments=QUICK_MOMENTS, mean_days=QUICK_MEAN_DAYS
    ).trust


def _missing_history(known: SpendCurve) -> str | None:
    days = (int(known.times[-1]) - int(known.times[0])) / DAY if len(known) else 0.0
    missing = math.ceil(_NEEDED_DAYS - days)
    if missing <= 0:
        return None
    return f"needs {missing} more {'day' if missing == 1 else 'days'} of history"


def _without_trials(level: float, reason: str) -> Backtest:
    return Backtest(level, f"no past forecasts to judge by: {reason}", reason)


def _evaluate(folds: tuple[Fold, ...], level: float) -> Backtest:
    independent = _independent(folds)
    true = sum(fold.came_true(level) for fold in folds)
    coverage = round(true / len(folds), 4)
    error = math.sqrt(level * (1 - level) / independent)
    far = abs(coverage - level) > max(_FAR, 2 * error)
    return Backtest(
        level=level,
        verdict=_verdict(len(folds), true, level, far=far),
        trials=folds,
        moments=len({fold.at for fold in folds}),
        independent=independent,
        came_true=true,
        coverage=coverage,
        scores=scores(folds, level),
        reliability=tuple(
            Reliability(each, sum(fold.came_true(each) for fold in folds) / len(folds))
            for each in LEVELS
        ),
        trust=_warning(coverage, level) if far else None,
    )


def _independent(folds: tuple[Fold, ...]) -> float:
    """Return how many waits of mean length fit one after another into the time covered."""
    covered = (folds[-1].at - folds[0].at).total_seconds() * 1000 / DAY
    mean = float(np.mean([fold.truth for fold in folds]))
    return min(1 + covered / mean, len({fold.at for fold in folds}))


def _verdict(count: int, true: int, level: float, *, far: bool) -> str:
    coverage = round(true / count, 2)
    share = percent(coverage)
    counts = f"of {count} past forecasts, {true} came true within their interval: {share}"
    if far:
        return f"{counts}, not the {percent(level, 1)} promised"
    if round(abs(coverage - level), 4) <= _NEAR:
        return f"{counts}, as promised"
    return f"{counts}; {percent(level, 1)} was promised, and the difference may be chance"


def _between(folds: Sequence[Fold], top_ups: Sequence[Event]) -> str:
    """Return in how many `folds` credit came before the outcome, which is then no real run-out."""
    moments = np.array([event.at for event in top_ups])
    starts = np.array([to_ms(fold.at) for fold in folds])
    ends = starts + np.array([fold.truth * DAY for fold in folds])
    count = int(
        np.count_nonzero(
            np.searchsorted(moments, starts, side="right")
            < np.searchsorted(moments, ends, side="right")
        )
    )
    if not count:
        return ""
    return (
        f" (this tests how fast a balance is spent, not what happened: credit came in between "
        f"in {count} of them)"
    )


def _warning(coverage: float, level: float) -> str:
    observed = percent(round(coverage, 2))
    ending = "be wary" if coverage < level else "it is surer than it says"
    return f"on this account's own past, {observed} of such forecasts came true: {ending}"


def scores(folds: tuple[Fold, ...], level: float) -> tuple[Score, ...]:
    """Return the scores of the forecast and of each naive forecast over at least one fold."""
    truth = np.array([fold.truth for fold in folds])
    answers = np.array([(fold.low, fold.median, fold.high) for fold in folds])
    naive = np.array([fold.naive for fold in folds])
    return (
        _score(METHOD, truth, answers, level),
        *(
            _score(name, truth, np.repeat(naive[:, [i]], 3, axis=1), level)
            for i, name in enumerate(NAIVE)
        ),
    )


def _score(method: str, truth: Floats, answers: Floats, level: float) -> Score:
    """Score `answers` (n, 3: low, median, high) against `truth` (n,), both in days."""
    early, late = quantile_bounds(level)
    quantiles = np.array([early, 0.5, late])
    over = np.log(truth)[:, None] - np.log(answers)
    loss = np.maximum(quantiles * over, (quantiles - 1) * over)
    error = np.abs(answers[:, 1] - truth) / truth
    return Score(method, float(loss.mean()), float(np.median(error)))
