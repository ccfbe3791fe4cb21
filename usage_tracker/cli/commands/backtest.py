"""`tracker backtest`: the accuracy of past forecasts."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options, report_options
from usage_tracker.cli.output import columns, echo, echo_json, wrapped
from usage_tracker.cli.progress import progress_bar
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import NoHistoryError

if TYPE_CHECKING:
    from usage_tracker.forecast.backtest import Backtest

HEADER = ("method", "off by (median)", "loss (lower is better)")


@click.command()
@options.accounts
@report_options.as_of
@click.option(
    "--level", type=float, default=0.8, show_default=True, help="Probability of the interval."
)
@options.shared
@pass_session
def command(session: Session, names: tuple[str, ...], as_of: str | None, level: float) -> None:
    """Measure how good past forecasts would have been.

    Makes forecasts for moments of the last year, each from the data up to that moment,
    and compares them with what happened, beside forecasts from mean rates. The exit code
    is 3 if no account has a long enough history.

    \b
    Example:  tracker backtest --account default
    """  # noqa: D301 (click reads the backspace)
    trials = dict(_trials(session, names, report_options.Span(as_of=as_of), level))
    if not trials:
        raise report_options.NothingToReportError
    if session.json:
        echo_json("backtest", {"accounts": [_body(*trial) for trial in trials.items()]})
    else:
        for name, trial in trials.items():
            for line in _lines(name, trial, named=len(trials) > 1):
                echo(wrapped(line, sys.stdout))
    if all(trial.reason for trial in trials.values()):
        click.get_current_context().exit(NoHistoryError.exit_code)


def _trials(
    session: Session, names: tuple[str, ...], span: report_options.Span, level: float
) -> "Iterator[tuple[str, Backtest]]":
    from usage_tracker.forecast import backtest
    from usage_tracker.reporting import stored

    about, _ = report_options.query(session, span)
    with (
        session.opened() as database,
        progress_bar(session, "testing past forecasts", unit="accounts") as advance,
    ):
        for view in stored.tried(database, names, about.as_of):
            yield view.account, backtest.run(view.ledger.drawn, as_of=about.as_of, level=level)
            if advance is not None:
                advance(1)


def _lines(name: str, trial: "Backtest", *, named: bool) -> Iterator[str]:
    yield (
        f"{name}: {trial.verdict}." if named else f"{trial.verdict[:1].upper()}{trial.verdict[1:]}."
    )
    if not trial.trials:
        return
    from usage_tracker.formatting import count_noun, percent

    rows = [(s.method, percent(s.median_error), f"{s.pinball:.3f}") for s in trial.scores]
    yield ""
    yield from columns([HEADER, *rows], right=(1, 2))
    yield ""
    yield (
        f"{count_noun(trial.moments, 'moment')} of the past were tried. What followed them "
        f"overlaps, so together they prove no more than about {trial.independent:.0f} "
        "separate ones would."
    )


def _body(name: str, trial: "Backtest") -> dict[str, Any]:
    return {
        "account": name,
        "level": trial.level,
        "forecasts": len(trial.trials),
        "moments": trial.moments,
        "independent": round(trial.independent, 1),
        "came_true": trial.came_true,
        "coverage": trial.coverage,
        "verdict": trial.verdict,
        "reason": trial.reason,
        "scores": [
            {"method": s.method, "pinball": s.pinball, "median_error": s.median_error}
            for s in trial.scores
        ],
        "reliability": [
            {"level": one.level, "observed": one.observed} for one in trial.reliability
        ],
    }
