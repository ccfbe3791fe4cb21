import datetime as dt
from dataclasses import replace

from tests.render import sample
from tests.render.account import AS_OF
from tests.render.terminal.context import context_of
from usage_tracker.render.terminal.burndown import chart, legend
from usage_tracker.reporting.model import Report

FAR = dt.timedelta(days=3650)


def drawn(report: Report, *, unicode: bool = True) -> list[str]:
    return [line.plain for line in chart(context_of(report, unicode=unicode), report.accounts[0])]


def test_the_past_is_filled_and_the_future_shaded() -> None:
    lowest = drawn(sample.lived_in())[-4]
    past, _, future = lowest.partition("▓")
    assert "█" in past
    assert "█" not in future
    assert list(dict.fromkeys(future.strip())) == ["▓", "▒", "░"]


def test_a_gap_is_left_open() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    gap = next(event for event in account.events if event.kind == "gap")
    wide = replace(gap, after=gap.at - dt.timedelta(days=5))
    events = tuple(wide if event is gap else event for event in account.events)
    lines = drawn(replace(report, accounts=(replace(account, events=events),)))
    marks = lines[-2]
    first, last = marks.index("┄") + 1, marks.rindex("┄") - 1
    assert {line[first:last].replace("┄", "").strip() for line in lines[:-3]} == {""}
    assert all("".join(line[at] for line in lines[:-3]).strip() == "┄" for at in range(first, last))


def test_the_axis_is_labelled_in_round_dollars() -> None:
    labels = [line[:12].strip(" │└") for line in drawn(sample.lived_in())]
    assert labels == ["$400", "", "", "", "$200", "", "", "", "$0", "", ""]


def test_the_axis_has_the_first_day_now_and_the_last() -> None:
    assert drawn(sample.lived_in())[-1].split() == ["24", "Oct", "now", "13", "Dec"]
    assert drawn(sample.first_hours())[-1].split() == ["10:15", "13:15"]


def test_events_and_the_depletion_interval_are_marked_below_the_axis() -> None:
    marks = drawn(sample.lived_in())[-2]
    assert "".join(dict.fromkeys(marks.replace(" ", ""))) == "▲◁┄◇△├×─┼┤"  # noqa: RUF001
    assert drawn(sample.lived_in(), unicode=False)[-2].split()[-1].startswith("[x-")


def test_without_marks_there_is_no_line_for_them() -> None:
    assert "└" in drawn(sample.first_hours())[-2]
    assert "└" in drawn(sample.lived_in())[-3]


def test_a_depletion_outside_of_the_chart_leaves_the_bracket_open() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    open_ended = replace(account, depletion=replace(account.depletion, high=None))
    assert drawn(replace(report, accounts=(open_ended,)))[-2].rstrip().endswith("─")


def test_a_debt_is_drawn_below_the_line() -> None:
    lines = drawn(sample.overdrawn())
    zero = next(i for i, line in enumerate(lines) if "$0" in line)
    assert any("█" in line for line in lines[:zero])
    assert "█" in lines[zero]
    assert lines[zero].index("█") > lines[zero - 1].rindex("█")


def test_what_is_unknown_is_left_blank() -> None:
    report = sample.stale()
    (account,) = report.accounts
    silent = replace(account, fan=(), depletion=replace(account.depletion, high=None))
    assert drawn(replace(report, accounts=(silent,)))[-4].endswith("   ")


def test_there_is_no_chart_without_a_history() -> None:
    assert drawn(sample.no_snapshots()) == []


def test_the_legend_explains_the_marks_that_occur_and_no_others() -> None:
    busy, quiet = sample.lived_in(), sample.first_hours()
    shown = " ".join(legend(context_of(busy), busy.accounts[0]))
    assert all(mark in shown for mark in "▲◁◇△┄▓├×")  # noqa: RUF001
    assert "↺" not in shown
    assert legend(context_of(quiet), quiet.accounts[0]) == []


def test_events_outside_of_the_chart_have_no_mark_and_no_legend() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    far = AS_OF + FAR
    ends = replace(account.depletion, low=far, median=far, high=None, linear=far)
    early = replace(account.events[0], after=AS_OF - FAR, at=AS_OF - FAR)
    distant = replace(account, depletion=ends, events=(early,), fan=())
    shown = replace(report, accounts=(distant,))
    assert legend(context_of(shown), distant) == []
    assert len(drawn(shown)) == len(drawn(report)) - 1


def test_a_window_that_has_ended_ends_the_chart_and_has_no_fan() -> None:
    lived_in = sample.lived_in()
    ended = replace(lived_in, until=lived_in.as_of - dt.timedelta(microseconds=1))
    lines = drawn(ended)
    assert not set("▓▒░") & set("".join(lines))
    assert "now" not in lines[-1]
    assert "balance ahead" not in " ".join(legend(context_of(ended), ended.accounts[0]))


def test_a_date_of_another_year_has_its_year() -> None:
    later = context_of(replace(sample.lived_in(), as_of=AS_OF + dt.timedelta(days=365)))
    assert later.calendar.date(AS_OF).endswith(f" {AS_OF.year}")


def test_the_clock_time_of_another_day_has_its_weekday() -> None:
    young = sample.first_hours()
    later = replace(young, as_of=young.as_of + dt.timedelta(days=1))
    assert drawn(later)[-1].split()[0] in {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
