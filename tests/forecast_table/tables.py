"""Tables of the forecast's quality, as lines of Markdown."""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from tests.forecast_table import measures
from tests.forecast_table.outcomes import CHANCE_DAYS, Histories, outcomes
from usage_tracker.forecast.backtest import LEVELS
from usage_tracker.forecast.spend_profile import CONSTANTS, Constants

FACTORS = (0.5, 1.0, 2.0)
SILENT = "after a silent day"
_LEVEL = 0.8
_COVERAGE_WEIGHT = 0.1
_SPANS = (0, 2, 4, 7, 14, 21)
_AGES = (7, 10, 14, 28, 56)
_FIRST_WEEK = "days of history: 1 to 5"
Variants = dict[Constants, pd.DataFrame]


def situations(shipped: pd.DataFrame) -> Iterator[str]:
    """Yield the coverage of the 80% interval by kind, horizon, age and day, cut and uncut."""
    yield from heading("where", "forecasts", "cut", "uncut", "before `low`", "after `high`")
    for name, part in _parts(shipped):
        least, most = measures.uncut(part)
        early, late = measures.outside(part)
        cells = (
            f"{measures.cut(part):.2f}",
            f"{least:.2f} to {most:.2f}",
            f"{early:.2f}",
            f"{late:.2f}",
        )
        yield row(name, str(len(part)), *cells)


def _parts(shipped: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    grown = shipped[~shipped.young]
    yield "all", grown
    yield from ((str(name), part) for name, part in grown.groupby("group"))
    for days in sorted(grown.days.unique()):
        yield f"balance in mean days: {days:g}", grown[grown.days == days]
    for least, most in zip(_AGES, (*_AGES[1:], np.inf), strict=True):
        until = f" to {most:g}" if most < np.inf else " and more"
        part = grown[(grown.age >= least) & (grown.age < most)]
        if len(part):
            yield f"days of history: {least:g}{until}", part
    yield SILENT, grown[grown.silent]
    young = shipped[shipped.young]
    yield _FIRST_WEEK, young
    for days, part in young.groupby(young.age.round(1)):
        yield f"days of history: {days:g}", part


def levels(shipped: pd.DataFrame) -> Iterator[str]:
    """Yield the uncut coverage of several levels by kind, the middle of its bounds."""
    grown = shipped[~shipped.young]
    groups = [*grown.groupby("group"), ("all", grown)]
    yield from heading("level", *(str(name) for name, _ in groups))
    for level in (*LEVELS, 0.99):
        yield row(str(level), *(f"{measures.at_level(part, level):.2f}" for _, part in groups))


def chances(shipped: pd.DataFrame) -> Iterator[str]:
    """Yield by tenths of the chances stated how many came true."""
    grown = shipped[~shipped.young]
    columns = [
        f"{name} {days} days"
        for days in CHANCE_DAYS
        for name in ("stated for", "true in", "cases of")
    ]
    yield from heading("chance", *columns)
    each = [measures.reliability(grown, days) for days in CHANCE_DAYS]
    for tenth in range(10):
        cells = [cell for table in each for cell in _chance_cells(table, tenth)]
        yield row(f"{tenth / 10:g} to {(tenth + 1) / 10:g}", *cells)


def _chance_cells(table: pd.DataFrame, tenth: int) -> tuple[str, str, str]:
    if tenth not in table.index:
        return "", "", "0"
    stated, true, cases = table.loc[tenth]
    return f"{stated:.2f}", f"{true:.2f}", f"{cases:.0f}"


def carried_over(histories: Histories, shipped: pd.DataFrame) -> Iterator[str]:
    """Yield a row for each group left out of the refit of the constants, and one for none."""
    names = ("loss", "cut", "uncut", "first week", "median error")
    naive = ("best naive: loss", "median error")
    yield from heading(
        "left out", "histories", *_prefixed("shipped", names), *_prefixed("refitted", names), *naive
    )
    for left_out in (*sorted(shipped.group.unique()), None):
        chosen = {n: h for n, h in histories.items() if left_out in {h[0], None}}
        rest = {n: h for n, h in histories.items() if h[0] != left_out}
        part = shipped[shipped["name"].isin(chosen)]
        refitted = outcomes(chosen, refit(rest))
        cells = (*summary(part), *summary(refitted), *best_naive(part))
        yield row(left_out or "none", str(len(chosen)), *(f"{cell:.3f}" for cell in cells))


def summary(frame: pd.DataFrame) -> tuple[float, ...]:
    """Return loss, cut and uncut coverage, uncut coverage of the first days, median error."""
    grown, young = frame[~frame.young], frame[frame.young]
    covered = measures.cut(grown), measures.middle(grown), measures.middle(young)
    return measures.loss(grown), *covered, measures.median_error(grown)


def best_naive(frame: pd.DataFrame) -> tuple[float, float]:
    """Return loss and median error of the mean rate of 1, 7 or 28 days with the smallest loss."""
    grown = frame[~frame.young]
    columns = [f"naive{days}_cut" for days in (1, 7, 28)]
    return min((measures.loss(grown, c, c, c), measures.median_error(grown, c)) for c in columns)


def constants(variants: Variants) -> Iterator[str]:
    """Yield what halving and doubling each constant changes."""
    names = ("loss", "uncut", "first week", SILENT, "30 days")
    factors = [factor for factor in FACTORS if factor != 1]
    columns = [column for f in factors for column in _prefixed(f"{f:g} times", names)]
    yield from heading("constant", "value", *columns)
    yield row("all as shipped", "", *_changes(variants[CONSTANTS]), *[""] * len(columns[5:]))
    for field in dataclasses.fields(Constants):
        changes = [_changes(variants[_changed(field.name, factor)]) for factor in factors]
        cells = [cell for change in changes for cell in change]
        yield row(f"`{field.name}`", f"{getattr(CONSTANTS, field.name):.3g}", *cells)


def _changes(frame: pd.DataFrame) -> list[str]:
    grown, young = frame[~frame.young], frame[frame.young]
    silent = measures.cut(grown[grown.silent])
    covered = measures.middle(grown), measures.middle(young), silent
    cells = measures.loss(grown), *covered, measures.miscalibration(grown, 30)
    return [f"{cells[0]:.3f}", *(f"{cell:.2f}" for cell in cells[1:])]


def alternatives() -> list[Constants]:
    """Return the shipped constants, and each of them halved and doubled."""
    names = [field.name for field in dataclasses.fields(Constants)]
    return [CONSTANTS, *(_changed(n, factor) for n in names for factor in FACTORS if factor != 1)]


def _changed(name: str, factor: float) -> Constants:
    return dataclasses.replace(CONSTANTS, **{name: factor * getattr(CONSTANTS, name)})


def refit(histories: Histories) -> Constants:
    """Return the constants that do best on `histories`: each in turn kept, halved or doubled."""
    best, least = CONSTANTS, cost(outcomes(histories))
    for name in (field.name for field in dataclasses.fields(Constants)):
        for factor in FACTORS:
            tried = _changed(name, factor)
            changed = dataclasses.replace(best, **{name: getattr(tried, name)})
            if changed != best and (reached := cost(outcomes(histories, changed))) < least:
                best, least = changed, reached
    return best


def cost(frame: pd.DataFrame) -> float:
    """Return the loss and a tenth of the distance of the uncut coverages from 80%."""
    loss, _, grown, young, _ = summary(frame)
    misses = abs(grown - _LEVEL) + abs(young - _LEVEL)
    return loss + _COVERAGE_WEIGHT * misses


def _prefixed(prefix: str, names: Iterable[str]) -> list[str]:
    first, *others = names
    return [f"{prefix}: {first}", *others]


def heading(*names: str) -> Iterator[str]:
    yield row(*names)
    yield f"|---|{'--:|' * (len(names) - 1)}"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
