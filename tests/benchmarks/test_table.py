import json
import re
from pathlib import Path

from tests.benchmarks import otherwise, postgres, table
from tests.benchmarks.comparison import Compared, Row
from tests.benchmarks.disk import Weighed
from tests.benchmarks.process import Run
from tests.benchmarks.rows import PROMISED

FAST = Compared(
    Row("fast", "tracker status", (), (), bound=1.25),
    first=Run(1.5, 50_000_000),
    ours=[Run(0.2, 40_000_000), Run(0.22, 41_000_000)],
    floor=[Run(0.2, 30_000_000), Run(0.2, 30_000_000)],
)
HEAVY = Weighed(rows=100, bytes_a_row=41.0)
DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def test_a_line_tells_ratio_spread_bound_and_verdict() -> None:
    _, fast, heavy = table.lines([FAST, HEAVY])
    told = ["tracker status", "1.05", "1.00-1.10", "1.25", "ok", "210", "200", "40", "30", "1,500"]
    assert re.split(r"  +", fast) == told
    assert "41.0 B" in heavy
    assert "OVER" in heavy


def test_markdown_names_the_rows() -> None:
    _, rule, fast, heavy = table.markdown([FAST, HEAVY])
    assert fast.startswith("| `fast` | tracker status | 1.05 |")
    assert heavy.startswith("| `disk` | ")
    assert {line.count("|") for line in (rule, fast, heavy)} == {12}


def test_the_document_holds_every_run() -> None:
    document = json.loads(json.dumps(table.document([FAST, HEAVY])))
    assert document["schema"] == "usage-tracker.benchmarks/1"
    assert document["on"]["cpus"] > 0
    fast, heavy = document["rows"]
    assert (fast["row"], fast["holds"], fast["seconds"]) == ("fast", True, [0.2, 0.22])
    assert (heavy["row"], heavy["holds"]) == ("disk", False)


def test_the_documentation_tells_of_every_row() -> None:
    told = DOCUMENT.read_text(encoding="utf-8")
    rows = [*PROMISED, "disk", *otherwise.OTHERWISE, *(f"postgres-{key}" for key in postgres.ROWS)]
    assert [key for key in rows if f"`{key}`" not in told] == []
