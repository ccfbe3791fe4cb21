import dataclasses

import pytest

from tests.render import sample
from tests.render.mpl.reading import texts_of
from usage_tracker.render.mpl import plot


def test_accounts_side_by_side_share_a_legend_of_all_that_is_drawn() -> None:
    both = (*sample.lived_in().accounts, *sample.stale().accounts)
    report = dataclasses.replace(sample.lived_in(), accounts=both)
    words = texts_of(plot(report))
    wanted = ["80 % interval", "even odds", "top-up", "refund", "adjustment"]
    wanted += ["gap", "no snapshots", "runs out"]
    assert [words.count(name) for name in wanted] == [1] * len(wanted)
    spent = texts_of(plot(report, "spend"))
    assert [spent.count(name) for name in ("top-up", "refund", "unknown")] == [1, 1, 1]


@pytest.mark.parametrize("size", [(500, 1200), (500, 400), (400, 250)], ids=str)
def test_a_legend_too_wide_for_its_row_continues_below(size: tuple[int, int]) -> None:
    width, height = size
    words = texts_of(plot(sample.lived_in(), "balance", width=width, height=height))
    assert {"80 % interval", "top-up", "refund", "adjustment"} <= set(words)
