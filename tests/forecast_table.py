"""How well the forecast's constants carry over to histories they were not chosen on.

    python -m tests.forecast_table [DIRECTORY]

DIRECTORY (default: the few histories kept with the tests) holds an `index.csv` with the
columns name, cls (`llm` or another), step_s, and for each name a CSV `ts,spend`: epoch
seconds at the end of a bucket, and units spent in it. Prints two Markdown tables:

* group by group, how the shipped constants do, and how those do that are chosen, one by
  one out of half, once and twice the shipped value, on the other groups alone;
* how much of the truth intervals of several levels hold.
"""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.forecast.histories import TRACES, traces
from usage_tracker.forecast.backtest import LEVELS, scores
from usage_tracker.forecast.folds import Fold, make_folds
from usage_tracker.forecast.spend_profile import CONSTANTS, Constants
from usage_tracker.ledger.arrays import SpendCurve

LEVEL = 0.8
FACTORS = (0.5, 1.0, 2.0)
Histories = dict[str, tuple[str, SpendCurve]]
Tried = dict[str, tuple[Fold, ...]]


def main(directory: Path) -> None:
    """Print both tables for the histories in `directory`."""
    histories = traces(directory)
    groups = {name: group for name, (group, _) in histories.items()}
    variants = {constants: try_all(histories, constants) for constants in alternatives()}
    lines = [*carried_over(histories, groups, variants), "", *reliability(groups, variants)]
    sys.stdout.write("\n".join(lines) + "\n")


def carried_over(
    histories: Histories, groups: dict[str, str], variants: dict[Constants, Tried]
) -> Iterator[str]:
    """A row for each group left out, and one for none left out, refitted on all."""
    yield (
        "| left out | histories | shipped: loss | coverage | median error "
        "| refitted: loss | coverage | median error | best naive: loss | median error |"
    )
    yield "|---|" + "--:|" * 9
    shipped = variants[CONSTANTS]
    for left_out in (*sorted(set(groups.values())), None):
        names = [name for name in shipped if left_out in {groups[name], None}]
        others = [name for name in shipped if groups[name] != left_out]
        refitted = try_all({name: histories[name] for name in names}, refit(variants, others))
        cells = (*measures(shipped, names), *measures(refitted, names), *naive(shipped, names))
        told = " | ".join(f"{cell:.3f}" for cell in cells)
        yield f"| {left_out or 'none'} | {len(names)} | {told} |"


def reliability(groups: dict[str, str], variants: dict[Constants, Tried]) -> Iterator[str]:
    """A row for each level: the share of truths that its intervals hold, by group."""
    shipped = variants[CONSTANTS]
    members = {
        group: [name for name in shipped if groups[name] == group]
        for group in sorted(set(groups.values()))
    }
    members["all"] = list(shipped)
    yield f"| level | {' | '.join(members)} |"
    yield "|--:|" + "--:|" * len(members)
    for level in (*LEVELS, 0.99):
        told = " | ".join(f"{held(shipped, names, level):.2f}" for names in members.values())
        yield f"| {level} | {told} |"


def alternatives() -> list[Constants]:
    """The shipped constants, and each of them halved and doubled."""
    changed = [
        dataclasses.replace(CONSTANTS, **{field.name: factor * getattr(CONSTANTS, field.name)})
        for field in dataclasses.fields(Constants)
        for factor in FACTORS
        if factor != 1
    ]
    return [CONSTANTS, *changed]


def refit(variants: dict[Constants, Tried], names: list[str]) -> Constants:
    """Each constant at the value that does best on the histories `names`, the others as shipped."""

    def best(field: str) -> float:
        tried = (
            c for c in variants if dataclasses.replace(c, **{field: shipped[field]}) == CONSTANTS
        )
        chosen = min(tried, key=lambda constants: measures(variants[constants], names)[0])
        return float(getattr(chosen, field))

    shipped = dataclasses.asdict(CONSTANTS)
    return Constants(**{field: best(field) for field in shipped})


def try_all(histories: Histories, constants: Constants) -> Tried:
    """The trials of every history that has any."""
    tried = {
        name: tuple(make_folds(spent, level=LEVEL, constants=constants))
        for name, (_, spent) in histories.items()
    }
    return {name: trials for name, trials in tried.items() if trials}


def measures(tried: Tried, names: list[str]) -> tuple[float, float, float]:
    """Pinball loss, coverage and median error, each a mean over the histories `names`."""
    ours = [scores(tried[name], LEVEL)[0] for name in names]
    return (
        float(np.mean([score.pinball for score in ours])),
        held(tried, names, LEVEL),
        float(np.mean([score.median_error for score in ours])),
    )


def naive(tried: Tried, names: list[str]) -> tuple[float, float]:
    """Loss and median error of the naive forecast with the smallest loss."""
    each = [scores(tried[name], LEVEL)[1:] for name in names]
    means = np.mean([[(s.pinball, s.median_error) for s in row] for row in each], axis=0)
    loss, error = means[np.argmin(means[:, 0])]
    return float(loss), float(error)


def held(tried: Tried, names: list[str], level: float) -> float:
    """The share of truths inside intervals of probability `level`, a mean over histories."""
    return float(np.mean([np.mean([t.came_true(level) for t in tried[name]]) for name in names]))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TRACES)
