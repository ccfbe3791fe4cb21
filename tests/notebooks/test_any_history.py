"""The notebooks' code on histories of every kind: it runs, and what it shows can be read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.forecast.samples import readings, shifted, steady
from tests.notebooks.execute import NOTEBOOKS
from tests.notebooks.plain import Outcome, run
from usage_tracker import api
from usage_tracker.history import History
from usage_tracker.times import HOUR

YOURS, LAST, CHANGED = sorted(NOTEBOOKS.glob("*.ipynb"))
FIVE_DAYS = 120
DAILY = 24 * 60_000

Rows = list[tuple[int, int, int]]
Run = Callable[[Path, Rows], Outcome]


def hourly(hours: float, *, quota: int = 50_000_000, per_hour: int = 60_000) -> Rows:
    return steady(hours, every=HOUR, quota=quota, per_hour=per_hour)


RICH = hourly(70 * 24, quota=10**12)
POOR = hourly(FIVE_DAYS, quota=FIVE_DAYS * 60_000 + DAILY)
OVERDRAWN = hourly(FIVE_DAYS, quota=5_000_000)
IDLE = hourly(FIVE_DAYS, per_hour=0)
RESET = shifted(shifted(hourly(FIVE_DAYS), 50, used=-50 * 60_000), 100, used=-50 * 60_000)

HISTORIES = {
    "one snapshot": hourly(0),
    "one hour": hourly(1),
    "one day": steady(25),
    "idle": IDLE,
    "topped up only": shifted(IDLE, 100, quota=5_000_000),
    "overdrawn": OVERDRAWN,
    "overdrawn and idle": hourly(FIVE_DAYS, quota=-5_000_000, per_hour=0),
    "rich": RICH,
}


@pytest.fixture
def run_on(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a notebook for somebody whose history these rows are."""

    def run_it(path: Path, rows: Rows) -> Outcome:
        history = History(readings(rows), timezone="Asia/Taipei")
        monkeypatch.setattr(api, "load", lambda: history)
        return run(path)

    return run_it


@pytest.mark.parametrize("rows", HISTORIES.values(), ids=HISTORIES)
def test_every_notebook_runs_on_any_history(run_on: Run, rows: Rows) -> None:
    for path in (YOURS, LAST, CHANGED):
        run_on(path, rows)


def test_spend_is_drawn_over_a_reset_as_the_ledger_has_it(run_on: Run) -> None:
    names = run_on(YOURS, RESET).names
    assert names["spent"].is_monotonic_increasing
    assert names["spent"].iloc[-1] == pytest.approx(FIVE_DAYS * 60_000 / 500_000)
    assert names["spent"].index[-1] == names["left"].index[-1]
    for moments in (names["events"].index, names["events"]["after"].dt):
        assert str(moments.tz) == "Asia/Taipei"


def test_what_cannot_be_projected_is_said_and_not_drawn(
    run_on: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_on(LAST, IDLE).figures == []
    assert "thirty days is unknown: no spend in the last 5 days." in capsys.readouterr().out


@pytest.mark.parametrize("rows", [OVERDRAWN, POOR, RICH], ids=["overdrawn", "poor", "rich"])
def test_what_lasts_thirty_days_lies_on_the_curve_it_is_read_from(run_on: Run, rows: Rows) -> None:
    names = run_on(LAST, rows).names
    early = names["runs_out"]["low"].dropna()
    days_off = (early - names["goal"]) / pd.Timedelta(days=1)
    assert abs(np.interp(names["needed"], names["held"][early.index], days_off)) < 0.25


def test_what_is_enough_is_called_so(run_on: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run_on(LAST, RICH)
    assert "nothing needs to be added, it is already enough" in capsys.readouterr().out


@pytest.mark.parametrize("rows", [IDLE, POOR, hourly(FIVE_DAYS, per_hour=90)])
def test_no_two_colours_of_a_scale_are_labelled_alike(run_on: Run, rows: Rows) -> None:
    *_, figure = run_on(YOURS, rows).figures
    labels = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert len(labels) > 2
    assert len(set(labels)) == len(labels)


def test_the_four_weeks_and_those_before_share_no_hour(run_on: Run) -> None:
    names = run_on(CHANGED, RICH).names
    now, before = (names["within"](names[which]).index for which in ("now", "before"))
    assert len(now) == len(before) == 28 * 24
    assert before[-1] < now[0]
