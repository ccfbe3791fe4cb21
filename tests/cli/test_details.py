"""Only what is shown is computed, and what is shown is as in the whole report."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import usage_tracker as ut
from tests.cli.conftest import Tracker
from tests.cli.test_status import NOW, store
from usage_tracker import times
from usage_tracker.analysis import burndown, heatmap
from usage_tracker.forecast import backtest, depletion
from usage_tracker.reporting import Detail, Report, stored
from usage_tracker.times import HOUR, iso

DEPLETION, FAN, TRUST = Detail.DEPLETION, Detail.FAN, Detail.TRUST
BURN_DOWN, HEAT = Detail.BURN_DOWN, Detail.HEAT
STEPS = {
    DEPLETION: (depletion, "forecast"),
    FAN: (depletion, "fan"),
    TRUST: (backtest, "trust"),
    BURN_DOWN: (burndown, "balances"),
    HEAT: (heatmap, "by_weekday"),
}
LINES = DEPLETION | FAN | BURN_DOWN
SHOWN = [
    ("events", Detail.NONE),
    ("events --json", Detail.NONE),
    ("plot --kind spend -o out.svg", Detail.NONE),
    ("plot --kind heat -o out.svg", HEAT),
    ("plot --kind balance -o out.svg", LINES),
    ("plot -o out.svg", LINES | HEAT),
    ("report --format csv", Detail.NONE),
    ("report --format json", DEPLETION),
    ("report --format openmetrics", DEPLETION),
    ("report --format markdown", DEPLETION | TRUST),
    ("report --format table", LINES | TRUST),
    ("report --format html", Detail.ALL),
    ("history", Detail.NONE),
    ("status", Detail.NONE),
]


@pytest.fixture(autouse=True)
def history(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months at a dollar a day, hour by hour, with $5 added two days ago."""
    hours = range(24 * 60)
    rows = [(h * HOUR, 20 + h / 24 - (5 if h >= 48 else 0), 100 - h / 24) for h in hours]
    store(database, "default", rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(times, "now_ms", lambda: NOW)
    monkeypatch.setenv("TZ", "Asia/Taipei")


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Detail]:
    """The details as they are computed."""
    seen: list[Detail] = []
    for detail, (module, name) in STEPS.items():
        monkeypatch.setattr(module, name, _noting(seen, detail, getattr(module, name)))
    return seen


def _noting(seen: list[Detail], detail: Detail, step: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*args: Any, **kwargs: Any) -> Any:
        seen.append(detail)
        return step(*args, **kwargs)

    return noted


@pytest.mark.parametrize(("words", "shown"), SHOWN)
def test_only_what_is_shown_is_computed(
    tracker: Tracker, computed: list[Detail], words: str, shown: Detail
) -> None:
    assert tracker(*words.split()).exit_code == 0
    assert set(computed) == set(shown)


@pytest.mark.parametrize("words", [words for words, _ in SHOWN[:-2]])
def test_the_rest_of_the_report_makes_no_difference(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def ask() -> tuple[str, str]:
        result = tracker(*words.split(), "--as-of", iso(NOW))
        assert result.exit_code == 0
        picture = Path("out.svg")
        return result.stdout, picture.read_text() if picture.exists() else ""

    def whole(*args: Any) -> Report:
        return report(*args[:4])

    shown, report = ask(), stored.report
    monkeypatch.setattr(stored, "report", whole)
    assert ask() == shown


@pytest.mark.parametrize(("kind", "shown"), [("spend", Detail.NONE), ("overview", LINES | HEAT)])
def test_a_notebook_s_plot_computes_only_what_it_shows(
    computed: list[Detail], kind: Any, shown: Detail
) -> None:
    ut.plot(ut.load(), kind)
    assert set(computed) == set(shown)
