"""`python -m tests.benchmarks`: run the comparisons and show the table."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks import disk, otherwise, postgres, table
from tests.benchmarks.comparison import compare
from tests.benchmarks.rows import PROMISED, Builder
from tests.benchmarks.table import Measured
from tests.benchmarks.workplace import QUICK, Sizes, Workplace, gateway

QUICK_ROUNDS = 3


def main() -> int:
    """Measure; 1 if a bound does not hold."""
    options = _options()
    with _workplace(quick=options.quick) as place, ExitStack() as stack:
        rows: dict[str, Builder] = {key: partial(row, place) for key, row in PROMISED.items()}
        rows |= otherwise.possible(place) | stack.enter_context(postgres.possible(place))
        chosen = options.only or [
            *PROMISED,
            disk.KEY,
            *(key for key in rows if key not in PROMISED),
        ]
        measured = list(_measured(chosen, rows, place, options))
    sys.stdout.write(_shown(measured, options) + "\n")
    return any(one.holds is False for one in measured)


def _measured(
    chosen: list[str], rows: Mapping[str, Builder], place: Workplace, options: argparse.Namespace
) -> Iterator[Measured]:
    for number, key in enumerate(chosen, 1):
        sys.stderr.write(f"{number}/{len(chosen)} {key}\n")
        if key == disk.KEY:
            yield disk.weigh(place)
        elif key in rows:
            row = rows[key]()
            rounds = options.rounds or (QUICK_ROUNDS if options.quick else row.rounds)
            yield compare(row, place.environment, rounds)
        else:
            sys.exit(f"no row {key!r}: there are {', '.join([*rows, disk.KEY])}")


def _shown(measured: list[Measured], options: argparse.Namespace) -> str:
    if options.json:
        return json.dumps(table.document(measured), indent=2)
    return "\n".join((table.markdown if options.markdown else table.lines)(measured))


@contextmanager
def _workplace(*, quick: bool) -> Iterator[Workplace]:
    with tempfile.TemporaryDirectory(prefix="usage-tracker-bench-") as folder, gateway() as url:
        yield Workplace(Path(folder), QUICK if quick else Sizes(), url)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, in a minute")
    parser.add_argument("--rounds", type=int, help="so many runs of each command")
    parser.add_argument("--only", action="append", metavar="ROW", help="this row; may be repeated")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything, as JSON")
    form.add_argument("--markdown", action="store_true", help="a table for the documentation")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
