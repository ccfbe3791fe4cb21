import shutil
from pathlib import Path

import pytest

from tests import forecast_table
from tests.forecast.histories import TRACES


def test_both_tables_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast_table, "FACTORS", (1.0, 2.0))
    names = ("burstgpt1_daily", "aws_elb_requests")
    header, *rows = (TRACES / "index.csv").read_text().splitlines()
    kept = [row for row in rows if row.startswith(names)]
    (tmp_path / "index.csv").write_text("\n".join([header, *kept]))
    for name in names:
        shutil.copy(TRACES / f"{name}.csv", tmp_path)
    forecast_table.main(tmp_path)
    first, second = capsys.readouterr().out.split("\n\n")
    assert [row.split(" | ")[0] for row in first.splitlines()[2:]] == [
        "| meters",
        "| people",
        "| none",
    ]
    assert second.splitlines()[0] == "| level | meters | people | all |"
    assert len(second.splitlines()) == 9
