"""The notebooks in real kernels: they run, and show the same values as `tracker report`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbformat import NotebookNode

from tests.notebooks.execute import NOTEBOOKS, read, run, tidy
from tests.reporting.histories import GATEWAY, keep
from usage_tracker.cli.root import tracker
from usage_tracker.demo import notebooks
from usage_tracker.history import History
from usage_tracker.store.database import Database
from usage_tracker.times import DAY, iso

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
LARGEST = 150_000
YOUNG = 3 * DAY

ASK = """
import json
from usage_tracker.render.json import encode

def account(report):
    return encode(report)["accounts"][0]

def periods(frame):
    spent = [None if spend is None else int(spend) for spend in frame["spend"].tolist()]
    return list(zip(map(encode, frame.index), spent, frame["usd"], frame["estimated"]))

def happened(frame):
    sums = [None if frame["quota"].isna().iloc[i] else int(q) for i, q in enumerate(frame["quota"])]
    return list(zip(map(encode, frame.index), frame["kind"], sums, frame["confirmed"]))

print(json.dumps({figures}))
"""
"""Asked of a notebook's kernel when all its cells have run; moments as JSON has them."""

Say = Callable[..., Any]


def executed(path: Path, ask: str, environment: Mapping[str, str]) -> Any:
    """What `ask`, an expression, is worth in the kernel that has run the notebook."""
    notebook = read(path)
    kept = [shown(cell) for cell in notebook.cells]
    source = ASK.replace("{figures}", ask)
    notebook.cells.append(nbformat.v4.new_code_cell(source))  # type: ignore[no-untyped-call]
    run(notebook, {**os.environ, **environment})
    *cells, asked = notebook.cells
    assert [text for cell in cells for text in said_on_stderr(cell)] == []
    if not Path(environment["TRACKER_DATABASE"]).exists():
        # Kept outputs are the program's: renew them by `python -m tests.notebooks.execute`.
        assert [shown(cell) for cell in cells] == kept
    return json.loads(asked.outputs[0].text)


def shown(cell: NotebookNode) -> list[str]:
    """What the cell printed, and what the program itself showed (pandas may change its ways)."""
    outputs = cell.get("outputs", [])
    printed = [output.text for output in outputs if output.output_type == "stream"]
    fragments = [output.get("data", {}).get("text/html", "") for output in outputs]
    return printed + [html for html in fragments if html.startswith("<div style=")]


def said_on_stderr(cell: NotebookNode) -> list[str]:
    outputs = cell.get("outputs", [])
    return [output.text for output in outputs if output.get("name") == "stderr"]


def without_origin(account: Mapping[str, Any]) -> dict[str, Any]:
    """A history made in memory knows no gateway."""
    return {key: value for key, value in account.items() if key not in {"account", "base_url"}}


def young() -> History:
    """Three days of the demo's history, as somebody has them who has just begun."""
    whole = notebooks.history()
    readings = whole.readings
    began = len(readings.until(int(readings.times[-1]) - YOUNG))
    return History(readings[began:], account="mine", base_url=GATEWAY)


@pytest.fixture(scope="session")
def _fonts_known(_font_cache: Path) -> None:
    """Matplotlib says so in the kernel when it has to look for fonts first, and that takes long."""
    environment = {**os.environ, "MPLCONFIGDIR": str(_font_cache)}
    look = "import matplotlib.font_manager"
    subprocess.run([sys.executable, "-c", look], env=environment, check=True, capture_output=True)


@pytest.fixture(params=["the demo's", "one's own"])
def own(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "one's own")


@pytest.fixture
def environment(
    own: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    _fonts_known: None,
) -> dict[str, str]:
    """The notebooks' environment; the command line finds the same history in a database."""
    monkeypatch.setenv("TZ", "Asia/Taipei")
    history, path = young() if own else notebooks.history(), tmp_path / "usage.db"
    with Database.open(path) as database:
        keep(database, history)
    return {"TRACKER_DATABASE": str(path if own else tmp_path / "none.db")}


@pytest.fixture
def say(own: bool, tmp_path: Path, environment: dict[str, str]) -> Say:  # noqa: ARG001, FBT001
    """What `tracker` says in JSON of the only account, as of its last snapshot."""
    last = int((young() if own else notebooks.history()).readings.times[-1])
    common = ("--json", "--db", str(tmp_path / "usage.db"), "--as-of", iso(last))

    def run_tracker(*words: str) -> Any:
        result = CliRunner().invoke(tracker, [*words, *common])
        assert result.exit_code in {0, 3}, result.output
        (account,) = json.loads(result.stdout)["accounts"]
        return account

    return run_tracker


def since_the_beginning(say: Say, by: str) -> Any:
    """The report on all there is."""
    first = say("report", "--since", "3000d")["snapshots"]["first"]
    return say("report", "--since", first, "--by", by)


def as_listed(periods: list[dict[str, Any]]) -> list[list[Any]]:
    return [[p["start"], p["spend"], p["usd"], p["estimated"]] for p in periods]


def test_your_history_shows_what_the_report_shows(say: Say, environment: dict[str, str]) -> None:
    result = executed(
        PATHS[0],
        '{"report": account(report), "weeks": periods(weeks), "days": periods(days),'
        ' "events": happened(events)}',
        environment,
    )
    assert without_origin(result["report"]) == without_origin(say("report"))
    listed = as_listed(since_the_beginning(say, "week")["periods"])
    assert [result["weeks"][0][1:], *result["weeks"][1:]] == [listed[0][1:], *listed[1:]]
    listed = as_listed(since_the_beginning(say, "day")["periods"])
    assert [result["days"][0][1:], *result["days"][1:]] == [listed[0][1:], *listed[1:]]
    events = since_the_beginning(say, "day")["events"]
    assert result["events"] == [[e["at"], e["kind"], e["quota"], e["confirmed"]] for e in events]


def test_will_it_last_shows_what_the_forecast_and_the_backtest_show(
    say: Say, environment: dict[str, str]
) -> None:
    result = executed(
        PATHS[1],
        '{"depletion": encode(forecast), "goal": encode(goal), "needed": needed,'
        ' "scores": [s.pinball for s in trial.scores], "verdict": trial.verdict}',
        environment,
    )
    assert result["depletion"] == say("report")["depletion"]
    asked = say("forecast", "--until", result["goal"], "--confidence", "0.9")
    assert result["needed"] == asked["needed"]["quota"]
    tried = say("backtest")
    assert result["verdict"] == tried["verdict"]
    assert result["scores"] == [score["pinball"] for score in tried["scores"]]


def test_what_changed_shows_what_the_reports_on_both_periods_show(
    say: Say, environment: dict[str, str]
) -> None:
    result = executed(
        PATHS[2],
        '{"now": account(now), "before": account(before), "days": periods(history.spend()),'
        ' "table": table.astype(object).where(table.notna(), None).to_dict()}',
        environment,
    )
    now, before = say("report", "--since", "28d"), say("report", "--since", "56d", "--until", "28d")
    assert without_origin(result["now"]) == without_origin(now)
    assert without_origin(result["before"]) == without_origin(before)
    listed = as_listed(since_the_beginning(say, "day")["periods"])
    assert [result["days"][0][1:], *result["days"][1:]] == [listed[0][1:], *listed[1:]]
    assert result["table"] == {"before": in_dollars(before), "now": in_dollars(now)}


def in_dollars(account: dict[str, Any]) -> dict[str, float | None]:
    lines = account["reconciliation"].items()
    worth = {k: None if units is None else units / account["quota_per_unit"] for k, units in lines}
    counted = [period for period in account["periods"] if period["requests"]]
    requests, spend = (sum(period[name] for period in counted) for name in ("requests", "spend"))
    each = 1000 * spend / requests / account["quota_per_unit"] if requests else None
    return worth | {"spend per 1000 requests": each}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_executed_small_and_tidy(path: Path) -> None:
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert path.stat().st_size < LARGEST
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert [text for cell in code for text in said_on_stderr(cell)] == []
    assert sum("image/png" in o.get("data", {}) for cell in code for o in cell.outputs) >= 3
    tidied = read(path)
    tidy(tidied)
    assert without_pictures(tidied) == without_pictures(notebook)


def without_pictures(notebook: NotebookNode) -> str:
    """Those are reduced again whenever they are tidied."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    return json.dumps(notebook)


def test_every_notebook_begins_with_one_s_own_history_or_the_demo_s() -> None:
    firsts = {next(c.source for c in read(path).cells if c.cell_type == "code") for path in PATHS}
    assert len(PATHS) == 3
    assert len(firsts) == 1
