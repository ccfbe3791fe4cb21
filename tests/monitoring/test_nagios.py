import re

from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.monitoring.nagios import status, status_line
from usage_tracker.monitoring.rules import Finding, Measure, Rule
from usage_tracker.store.alerts import Level

OK, WARNING, CRITICAL, UNKNOWN = Level


def finding(level: Level, text: str, rule: Rule = "days", value: float | None = None) -> Finding:
    return Finding(rule, level, level, text, Measure(value, "", "7:", "2:"))


def test_one_account_that_is_ok_is_shown_in_full() -> None:
    findings = [
        finding(OK, "30.0 days left", value=30.0),
        Finding("stale", OK, OK, "last snapshot 4 min ago", Measure(240, "s", critical="3600")),
    ]
    assert status_line({"work": findings}) == (
        "OK - work: 30.0 days left, last snapshot 4 min ago"
        "|work_days=30;7:;2: work_stale=240s;;3600"
    )


def test_problems_are_sorted_by_severity() -> None:
    findings = {
        "a": [finding(WARNING, "6 days left"), finding(UNKNOWN, "no forecast")],
        "b": [finding(CRITICAL, "1 day left")],
        "c": [finding(OK, "fine")],
    }
    assert status(findings) is CRITICAL
    assert status_line(findings) == (
        "CRITICAL - b: 1 day left; a: 6 days left; a: no forecast; 1 more OK"
    )


def test_unknown_ranks_between_ok_and_warning() -> None:
    assert status({"a": [finding(OK, ""), finding(UNKNOWN, "")]}) is UNKNOWN
    assert status({"a": [finding(UNKNOWN, ""), finding(WARNING, "")]}) is WARNING


def test_several_accounts_that_are_ok_are_counted() -> None:
    assert status_line({"a": [finding(OK, "x")], "b": [finding(OK, "y")]}) == "OK - 2 accounts"


def test_of_many_problems_the_most_severe_are_shown_and_the_others_counted() -> None:
    findings = {f"{n:02}": [finding(WARNING, "6 days left")] for n in range(30)}
    findings |= {"worse": [finding(CRITICAL, "1 day left")], "good": [finding(OK, "fine")]}
    line = status_line(findings)
    assert line.startswith("CRITICAL - worse: 1 day left; 00: 6 days left; ")
    assert line.count("days left") == 19
    assert line.endswith("; 11 more problems; 1 more OK")
    del findings["worse"]
    assert status_line({**dict(list(findings.items())[-22:])}).endswith(
        "; 1 more problem; 1 more OK"
    )


def test_no_findings_are_unknown() -> None:
    assert status({}) is UNKNOWN
    assert status_line({}) == "UNKNOWN - no account"


def test_less_than_a_cent_is_not_zero() -> None:
    line = status_line({"work": [finding(OK, "$0.0043 left", "balance", 0.0043)]})
    assert line.endswith("|work_balance=0.0043;7:;2:")


DATA = re.compile(r"('[^'=|]+'|[^'= |]+)=-?\d+(\.\d+)?s?(;[\d.:]*){0,2}")


@given(st.text(), st.text(), st.floats(-1e9, 1e9))
def test_the_line_is_valid_whatever_the_names(name: str, text: str, value: float) -> None:
    line = status_line({name: [finding(WARNING, text, value=value)]})
    assert line.count("|") == 1
    assert line.isprintable()
    assert DATA.fullmatch(line.partition("|")[2])
