import re
from dataclasses import replace

import pytest

from tests.render import sample
from usage_tracker.render import markdown

_BARE_PIPE = re.compile(r"(?<!\\)\|")


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first title is `heading`, titles and rule included."""
    lines = iter(text.splitlines())
    first = next(line for line in lines if line.startswith(f"| {heading} |"))
    rows = [first]
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(line)
    return [[cell.strip() for cell in _BARE_PIPE.split(row)[1:-1]] for row in rows]


def test_a_table_has_a_row_for_each_period() -> None:
    rows = table(markdown.render(sample.lived_in()), "Period")
    assert rows[1] == ["---", "---:", "---:", "---:", "---:", "---:"]
    assert rows[2] == ["Sat 24 Oct", "$1.39", "", "77", "$318.61", "100 %"]
    assert len(rows) == 2 + 31


def test_estimated_and_unknown_spend_differ() -> None:
    spent = [row[1] for row in table(markdown.render(sample.stale()), "Period")]
    assert "—" in spent
    assert any(cell.startswith("~$") for cell in spent)


def test_periods_have_the_decimals_that_their_size_needs() -> None:
    (account,) = sample.lived_in().accounts
    tiny = replace(account, quota_per_unit=account.quota_per_unit * 10_000)
    days = tuple(replace(p, usd=(p.usd or 0) / 10_000) for p in tiny.periods)
    report = replace(sample.lived_in(), accounts=(replace(tiny, periods=days),))
    shown = table(markdown.render(report), "Period")[2]
    assert (shown[1], shown[4]) == ("$0.0001", "$0.032")


def test_periods_of_another_year_have_it_in_every_row() -> None:
    names = [row[0] for row in table(markdown.render(sample.a_year()), "Period")[2:]]
    assert (names[0], names[-1]) == ("Sun 23 Nov 2025", "Mon 23 Nov 2026")


def test_unconfirmed_events_are_marked() -> None:
    rows = table(markdown.render(sample.lived_in()), "Event")
    assert rows[-1] == ["top-up, not confirmed", "Mon 23 Nov 10:51", "+$20.00"]


def test_a_gap_has_a_length_and_no_amount() -> None:
    rows = table(markdown.render(sample.lived_in()), "Event")
    assert rows[-3] == ["gap of 10 h", "Sat 14 Nov 06:03", ""]


def test_the_rows_of_the_periods_add_up() -> None:
    rows = table(markdown.render(sample.lived_in()), "Period")[2:]
    spent, credit, balance = ([_worth(row[i]) for row in rows] for i in (1, 2, 4))
    moves = zip(balance[1:], balance[:-1], credit[1:], spent[1:], strict=True)
    assert all(now == pytest.approx(was + gain - cost, abs=0.016) for now, was, gain, cost in moves)


def _worth(cell: str) -> float:
    return float(re.sub(r"[~+$,]", "", cell) or 0)


def test_the_reconciliation_adds_up_but_for_rounding() -> None:
    rows = table(markdown.render(sample.lived_in()), "Entry")[2:]
    opening, *credited, spend, in_flight, closing = (
        float(row[1].replace("$", "").replace(",", "")) for row in rows
    )
    assert opening + sum(credited) - spend + in_flight == pytest.approx(closing, abs=0.035)


def test_several_accounts_begin_with_an_overview_by_days_left() -> None:
    text = markdown.render(sample.several())
    names = [row[0] for row in table(text, "Account")[2:]]
    assert names == ["batch jobs", "alice", "idle", "never polled"]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == names


def test_a_fleet_has_only_the_overview() -> None:
    text = markdown.render(sample.many(25))
    assert "## " not in text
    assert len(table(text, "Account")) == 2 + 25


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a|b", r"a\|b"),
        ("<b>", r"&lt;b\>"),
        ("[x](http://y)", r"\[x\]\(http\://y\)"),
        ("**a** `b` _c_", r"\*\*a\*\* \`b\` \_c\_"),
        ("a\n# b", r"a \# b"),
        ("&lt;", "&amp;lt;"),
        ("\\|", r"\\\|"),
    ],
)
def test_foreign_text_is_neither_markup_nor_html_nor_a_cells_end(name: str, text: str) -> None:
    assert markdown.escape(name) == text


def test_hostile_names_break_no_table() -> None:
    rows = table(markdown.render(sample.hostile()), "Account")
    assert {len(row) for row in rows} == {5}
    assert len(rows) == 2 + len(sample.HOSTILE_NAMES)


def test_accounts_without_a_history_have_no_tables() -> None:
    text = markdown.render(sample.no_snapshots())
    assert "|" not in text
    assert "No snapshot yet." in text
    assert "There are no accounts." in markdown.render(sample.no_accounts())


def test_the_overview_says_whom_a_sum_counts_once() -> None:
    report = sample.several()
    first, *rest = report.accounts
    retired = replace(report, accounts=(replace(first, retired=True), *rest))
    assert "is not configured\\: not counted" in markdown.render(retired)
    assert "not counted" not in markdown.render(report)
