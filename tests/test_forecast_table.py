import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.forecast.histories import TRACES, curve
from tests.forecast_table import comparison, measures, tables
from tests.forecast_table.__main__ import main
from tests.forecast_table.outcomes import YOUNG_DAYS, outcomes
from usage_tracker.forecast.spend_profile import Constants


def test_every_table_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FACTORS", (1.0, 2.0))
    names = ("burstgpt1_daily", "aws_elb_requests")
    header, *rows = (TRACES / "index.csv").read_text().splitlines()
    kept = [row for row in rows if row.startswith(names)]
    (tmp_path / "index.csv").write_text("\n".join([header, *kept]))
    for name in names:
        shutil.copy(TRACES / f"{name}.csv", tmp_path)
    main(tmp_path)
    situations, levels, chances, left_out, constants = (
        table.splitlines() for table in capsys.readouterr().out.split("\n\n")
    )
    assert [row.split(" | ")[0] for row in situations[2:5]] == ["| all", "| meters", "| people"]
    assert levels[0] == "| level | meters | people | all |"
    assert len(levels) == 9
    assert len(chances) == 12
    assert [row.split(" | ")[0] for row in left_out[2:]] == ["| meters", "| people", "| none"]
    assert len(constants) == 3 + len(dataclasses.fields(Constants))
    for table in (situations, levels, chances, left_out, constants):
        assert len({row.count("|") for row in table}) == 1


def test_a_balance_that_outlasts_the_history_is_neither_kept_nor_broken() -> None:
    spent = curve(np.repeat([1000, 1], 20 * 24))
    frame = outcomes({"calm": ("people", spent)})
    young, grown = frame[frame.young], frame[~frame.young]
    assert set(young.age) == set(YOUNG_DAYS)
    near = young[young.days <= 14]
    assert near.waited.tolist() == pytest.approx(near.days.tolist())
    outlasting = grown[grown.waited == np.inf]
    assert len(outlasting)
    assert (outlasting.truth == np.minimum(outlasting.left, 30)).all()
    least, most = measures.uncut(frame)
    assert 0 <= least < most <= 1


def test_a_reliability_table_compares_stated_chances_with_outcomes() -> None:
    frame = pd.DataFrame({"p7": [0.62, 0.64, 0.66, 0.05], "waited": [3, 9, 7, np.inf]})
    table = measures.reliability(frame, 7)
    assert table.stated.tolist() == pytest.approx([0.05, 0.64])
    assert table.true.tolist() == pytest.approx([0, 2 / 3])
    assert table.cases.tolist() == [1, 3]


def test_every_method_that_can_be_run_here_is_compared() -> None:
    spent = curve(np.random.default_rng(2).gamma(2, 500, 24 * 20))
    header, _, *rows = comparison.compare({"calm": ("people", spent)})
    names = {each.split(" | ")[0].removeprefix("| ") for each in rows}
    assert {"this forecast", "bootstrap of days", "mean rate of 7 days"} <= names
    assert {each.count("|") for each in rows} == {header.count("|")}
    losses = [float(each.split(" | ")[1]) for each in rows]
    assert losses == sorted(losses)
