"""The forecast on trial against an account's own past.

Forecasts made at neighbouring moments look at the same days ahead, so that many trials
are worth few independent ones. What may be chance is not called a fault: only a coverage
more than two standard errors and ten points away from the level is.
"""

import math
from dataclasses import dataclass

import numpy as np

from usage_tracker.display import Displayed
from usage_tracker.forecast.folds import BEHIND, LOOK_BACK, MEAN_DAYS, MOMENTS, Trial, hold
from usage_tracker.forecast.quantiles import checked, tails
from usage_tracker.forecast.spend_profile import LEARNT_DAYS
from usage_tracker.formatting import percent
from usage_tracker.ledger.arrays import Floats, SpendCurve
from usage_tracker.times import DAY

TRIED_DAYS = LOOK_BACK // DAY + LEARNT_DAYS + 1
"""The days whose hours are read: a year of moments, and what the first of them learns from."""
QUICK_MOMENTS = 16
QUICK_MEAN_DAYS = (1.0, 3.0, 7.0, 14.0)
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
METHOD = "forecast"
NAIVE = tuple(f"mean of the last {n}" for n in ("24 h", "7 d", "28 d"))
_NEEDED_DAYS = BEHIND // DAY + 3
_NEEDED_TRIALS = 10
_NEAR = 0.05
_FAR = 0.1


@dataclass(frozen=True, slots=True)
class Score:
    """How far a method was off; smaller is better.

    `pinball` is the mean pinball loss of ln waiting time at the interval's ends and the
    median; `median_error` the median of |median - truth| / truth.
    """

    method: str
    pinball: float
    median_error: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The share of truths `observed` inside the intervals of probability `level`."""

    level: float
    observed: float


@dataclass(frozen=True, slots=True)
class Backtest(Displayed):
    """What the trials show. All but `level`, `verdict` and `reason` is empty without trials.

    `independent` is the number of forecasts that do not overlap which the trials are worth;
    `scores` has the forecast first, then the mean rates of 24 h, 7 d and 28 d; `verdict` is
    for people; `trust` a warning for beside a forecast, if one is due; `reason` says why
    there are no trials.
    """

    level: float
    verdict: str
    reason: str | None = None
    trials: tuple[Trial, ...] = ()
    moments: int = 0
    independent: float = 0.0
    came_true: int = 0
    coverage: float | None = None
    scores: tuple[Score, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    trust: str | None = None


def run(
    curve: SpendCurve,
    *,
    as_of: int,
    level: float = 0.8,
    moments: int = MOMENTS,
    mean_days: tuple[float, ...] = MEAN_DAYS,
) -> Backtest:
    """Try the forecast on `curve` as it was known at `as_of` (UTC ms), within its last year."""
    checked(level)
    known = curve.until(as_of)
    missing = _missing(known)
    if missing:
        return _refuse(level, missing)
    tried = known.since(int(known.times[-1]) - TRIED_DAYS * DAY).beside_hours(24 * TRIED_DAYS)
    trials = hold(tried, level=level, moments=moments, mean_days=mean_days)
    if len(trials) < _NEEDED_TRIALS:
        return _refuse(level, "needs a longer history with spend in it")
    return _weigh(tuple(trials), level)


def trust(curve: SpendCurve, *, as_of: int, level: float = 0.8) -> str | None:
    """The warning due beside a forecast, from a trial small enough for every report."""
    return run(
        curve, as_of=as_of, level=level, moments=QUICK_MOMENTS, mean_days=QUICK_MEAN_DAYS
    ).trust


def _missing(known: SpendCurve) -> str | None:
    days = (int(known.times[-1]) - int(known.times[0])) / DAY if len(known) else 0.0
    missing = math.ceil(_NEEDED_DAYS - days)
    if missing <= 0:
        return None
    return f"needs {missing} more {'day' if missing == 1 else 'days'} of history"


def _refuse(level: float, reason: str) -> Backtest:
    return Backtest(level, f"no past forecasts to judge by: {reason}", reason)


def _weigh(trials: tuple[Trial, ...], level: float) -> Backtest:
    independent = _independent(trials)
    true = sum(trial.came_true(level) for trial in trials)
    coverage = round(true / len(trials), 4)
    error = math.sqrt(level * (1 - level) / independent)
    far = abs(coverage - level) > max(_FAR, 2 * error)
    return Backtest(
        level=level,
        verdict=_verdict(len(trials), true, level, far=far),
        trials=trials,
        moments=len({trial.at for trial in trials}),
        independent=independent,
        came_true=true,
        coverage=coverage,
        scores=scores(trials, level),
        reliability=tuple(
            Reliability(asked, sum(t.came_true(asked) for t in trials) / len(trials))
            for asked in LEVELS
        ),
        trust=_mistrust(coverage, level) if far else None,
    )


def _independent(trials: tuple[Trial, ...]) -> float:
    """How many waits of mean length fit one after the other into the time looked at."""
    looked = (trials[-1].at - trials[0].at).total_seconds() * 1000 / DAY
    mean = float(np.mean([trial.truth for trial in trials]))
    return min(1 + looked / mean, len({trial.at for trial in trials}))


def _verdict(count: int, true: int, level: float, *, far: bool) -> str:
    coverage = round(true / count, 2)
    share = percent(coverage)
    told = f"of {count} past forecasts, {true} came true within their interval: {share}"
    if far:
        return f"{told}, not the {percent(level, 1)} promised"
    if round(abs(coverage - level), 4) <= _NEAR:
        return f"{told}, as promised"
    return f"{told}; {percent(level, 1)} was promised, and the difference may be chance"


def _mistrust(coverage: float, level: float) -> str:
    seen = percent(round(coverage, 2))
    ending = "be wary" if coverage < level else "it is surer than it says"
    return f"on this account's own past, {seen} of such forecasts came true: {ending}"


def scores(trials: tuple[Trial, ...], level: float) -> tuple[Score, ...]:
    """How far the forecast and then each naive one was off in `trials`, of which there is one."""
    truth = np.array([trial.truth for trial in trials])
    answers = np.array([(trial.low, trial.median, trial.high) for trial in trials])
    naive = np.array([trial.naive for trial in trials])
    return (
        _score(METHOD, truth, answers, level),
        *(
            _score(name, truth, np.repeat(naive[:, [i]], 3, axis=1), level)
            for i, name in enumerate(NAIVE)
        ),
    )


def _score(method: str, truth: Floats, answers: Floats, level: float) -> Score:
    """`truth` (n,) and `answers` (n, 3: low, median, high) in days."""
    early, late = tails(level)
    quantiles = np.array([early, 0.5, late])
    over = np.log(truth)[:, None] - np.log(answers)
    loss = np.maximum(quantiles * over, (quantiles - 1) * over)
    error = np.abs(answers[:, 1] - truth) / truth
    return Score(method, float(loss.mean()), float(np.median(error)))


TRIED_HOURS = 24 * TRIED_DAYS
"""The same for trials of forecasts over a whole year."""


LEARNT_HOURS = 24 * 180
"""How far back a report looks at the hours of an account, to forecast and to try forecasts."""
