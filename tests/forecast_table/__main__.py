"""Prints the tables of `docs/forecast.md` as Markdown.

    python -m tests.forecast_table [DIRECTORY]

DIRECTORY (default: the few histories kept with the tests) holds an `index.csv` with the
columns name, cls (`llm` or another), step_s, and for each name a CSV `ts,spend`: epoch
seconds at the end of a bucket, and units spent in it.
"""

import sys
from pathlib import Path

from tests.forecast.histories import TRACES, traces
from tests.forecast_table import tables
from tests.forecast_table.outcomes import outcomes
from usage_tracker.forecast.spend_profile import CONSTANTS


def main(directory: Path) -> None:
    """Print all tables for the histories in `directory`."""
    histories = traces(directory)
    variants = {constants: outcomes(histories, constants) for constants in tables.alternatives()}
    shipped = variants[CONSTANTS]
    parts = (
        tables.situations(shipped),
        tables.levels(shipped),
        tables.chances(shipped),
        tables.carried_over(histories, shipped),
        tables.constants(variants),
    )
    sys.stdout.write("\n\n".join("\n".join(part) for part in parts) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TRACES)
