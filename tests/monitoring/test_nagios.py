import re

from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.monitoring.findings import Finding, Level, Measure, Rule
from usage_tracker.monitoring.nagios import status, status_line

OK, WARNING, CRITICAL, UNKNOWN = Level


def finding(level: Level, text: str, rule: Rule = "days", value: float | None = None) -> Finding:
    return Finding(rule, level, level, text, Measure(value, "", "7:", "2:"))


def test_one_account_that_is_well_is_told_in_full() -> None:
    well = [
        finding(OK, "30.0 days left", value=30.0),
        Finding("stale", OK, OK, "last snapshot 4 min ago", Measure(240, "s", critical="3600")),
    ]
    assert status_line({"work": well}) == (
        "OK - work: 30.0 days left, last snapshot 4 min ago"
        "|work_days=30;7:;2: work_stale=240s;;3600"
    )


def test_what_is_wrong_comes_gravest_first() -> None:
    findings = {
        "a": [finding(WARNING, "6 days left"), finding(UNKNOWN, "no forecast")],
        "b": [finding(CRITICAL, "1 day left")],
        "c": [finding(OK, "fine")],
    }
    assert status(findings) is CRITICAL
    assert status_line(findings) == (
        "CRITICAL - b: 1 day left; a: 6 days left; a: no forecast; 1 more OK"
    )


def test_unknown_is_graver_than_ok_and_less_than_a_warning() -> None:
    assert status({"a": [finding(OK, ""), finding(UNKNOWN, "")]}) is UNKNOWN
    assert status({"a": [finding(UNKNOWN, ""), finding(WARNING, "")]}) is WARNING


def test_many_accounts_that_are_well_are_counted() -> None:
    assert status_line({"a": [finding(OK, "x")], "b": [finding(OK, "y")]}) == "OK - 2 accounts"


def test_of_very_many_problems_the_gravest_are_told_and_the_others_counted() -> None:
    findings = {f"{n:02}": [finding(WARNING, "6 days left")] for n in range(30)}
    findings |= {"worse": [finding(CRITICAL, "1 day left")], "well": [finding(OK, "fine")]}
    line = status_line(findings)
    assert line.startswith("CRITICAL - worse: 1 day left; 00: 6 days left; ")
    assert line.count("days left") == 19
    assert line.endswith("; 11 more problems; 1 more OK")
    del findings["worse"]
    assert status_line({**dict(list(findings.items())[-22:])}).endswith(
        "; 1 more problem; 1 more OK"
    )


def test_nothing_to_judge_is_unknown() -> None:
    assert status({}) is UNKNOWN
    assert status_line({}) == "UNKNOWN - no account"


def test_less_than_a_cent_is_not_nothing() -> None:
    line = status_line({"work": [finding(OK, "$0.0043 left", "balance", 0.0043)]})
    assert line.endswith("|work_balance=0.0043;7:;2:")


DATA = re.compile(r"('[^'=|]+'|[^'= |]+)=-?\d+(\.\d+)?s?(;[\d.:]*){0,2}")


@given(st.text(), st.text(), st.floats(-1e9, 1e9))
def test_whatever_the_names_the_line_keeps_to_the_conventions(
    name: str, text: str, value: float
) -> None:
    line = status_line({name: [finding(WARNING, text, value=value)]})
    assert line.count("|") == 1
    assert line.isprintable()
    assert DATA.fullmatch(line.partition("|")[2])
