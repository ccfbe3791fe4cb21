from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.monitoring.hysteresis import assume_outage, mark_notified, update_state
from usage_tracker.monitoring.rules import Finding, Measure
from usage_tracker.store.alerts import Alert, Level

OK, WARNING, CRITICAL, UNKNOWN = Level
KNOWN = st.sampled_from([OK, WARNING, CRITICAL])
NEW = Alert(OK, 0, OK)


def finding(
    level: Level, hold: Level | None = None, worsens: int = 0, improves: int = 0
) -> Finding:
    hold = level if hold is None else hold
    return Finding("days", level, hold, "because", Measure(None), worsens, improves)


def waiting(level: Level, worsens: int = 0, improves: int = 0) -> Finding:
    return finding(level, level, worsens, improves)


def notices(findings: Iterable[Finding]) -> list[tuple[int, Level, Level]]:
    """(moment, was, level) of each notice if each is delivered; a finding a millisecond."""
    alert, sent = NEW, []
    for now, each in enumerate(findings, 1):
        alert = update_state(alert, each, now)
        if alert.level != alert.notified:
            sent.append((now, alert.notified, alert.level))
            alert = mark_notified(alert, now)
    return sent


def test_each_change_sends_one_notice() -> None:
    levels = [OK, OK, WARNING, WARNING, CRITICAL, CRITICAL, WARNING, OK, OK]
    assert notices(map(finding, levels)) == [
        (3, OK, WARNING),
        (5, WARNING, CRITICAL),
        (7, CRITICAL, WARNING),
        (8, WARNING, OK),
    ]


def test_a_value_that_wavers_around_a_threshold_sends_one_notice() -> None:
    wavering = [finding(WARNING), finding(OK, hold=WARNING)] * 20
    assert notices(wavering) == [(1, OK, WARNING)]
    assert notices([*wavering, finding(OK)]) == [(1, OK, WARNING), (41, WARNING, OK)]


def test_the_wider_threshold_never_worsens_an_alert() -> None:
    assert notices([finding(OK, hold=WARNING)]) == []
    assert notices([finding(WARNING, hold=CRITICAL)]) == [(1, OK, WARNING)]


def test_an_unknown_finding_changes_nothing() -> None:
    findings = [finding(WARNING), finding(UNKNOWN), finding(WARNING), finding(UNKNOWN)]
    assert notices(findings) == [(1, OK, WARNING)]


def test_an_alert_stores_when_its_level_began() -> None:
    alert = update_state(update_state(NEW, finding(WARNING), 10), finding(WARNING), 20)
    assert alert == Alert(WARNING, 10, OK)
    assert mark_notified(alert, 20) == Alert(WARNING, 10, WARNING, 20)


def test_a_finding_with_a_delay_must_last() -> None:
    findings = [waiting(WARNING, worsens=3, improves=5)] * 5 + [waiting(OK, 3, 5)] * 7
    assert notices(findings) == [(4, OK, WARNING), (11, WARNING, OK)]


def test_a_finding_that_turns_back_restarts_the_delay() -> None:
    short = [*[waiting(WARNING, worsens=3)] * 3, waiting(OK)]
    assert notices(short * 10) == []
    improving = [*[waiting(OK, improves=3)] * 3, waiting(CRITICAL, worsens=3)]
    again = [waiting(OK, improves=3)] * 4
    assert notices([waiting(WARNING), *improving, *again]) == [
        (1, OK, WARNING),
        (9, WARNING, OK),
    ]


def test_the_delay_depends_on_the_direction_and_not_on_the_level() -> None:
    findings = [waiting(level, worsens=2) for level in (WARNING, CRITICAL, CRITICAL)]
    assert notices(findings) == [(3, OK, CRITICAL)]


def test_an_unknown_finding_does_not_restart_the_delay() -> None:
    findings = [waiting(WARNING, worsens=2), finding(UNKNOWN), waiting(WARNING, worsens=2)]
    assert notices(findings) == [(3, OK, WARNING)]


def test_a_notice_that_was_not_delivered_stays_due() -> None:
    first = update_state(NEW, finding(WARNING), 1)
    assert update_state(first, finding(WARNING), 2) == first
    assert update_state(first, finding(CRITICAL), 3) == Alert(CRITICAL, 3, OK)


def test_a_notice_that_no_longer_applies_is_dropped() -> None:
    alert = update_state(NEW, finding(WARNING), 1)
    assert update_state(alert, finding(OK), 2) == Alert(OK, 2, OK)


def test_the_recovery_from_an_outage_without_a_notice_sends_one() -> None:
    alert = update_state(assume_outage(NEW, 5), finding(OK), 9)
    assert alert == Alert(OK, 9, CRITICAL)
    alert = mark_notified(alert, 9)
    assert assume_outage(alert, 5) == alert
    assert update_state(alert, finding(OK), 10) == alert


def test_an_outage_with_a_notice_sends_no_other() -> None:
    known = Alert(CRITICAL, 3, CRITICAL, 3)
    assert assume_outage(known, 1) == known


@given(st.lists(st.tuples(KNOWN, KNOWN)))
def test_no_two_notices_in_a_row_are_the_same(levels: list[tuple[Level, Level]]) -> None:
    sent = notices(finding(level, max(level, hold)) for level, hold in levels)
    assert all(was != level for _, was, level in sent)
    assert [was for _, was, _ in sent[1:]] == [level for _, _, level in sent[:-1]]


@given(st.lists(st.tuples(KNOWN, KNOWN), min_size=1))
def test_the_level_is_between_that_of_the_finding_and_its_hold(
    levels: list[tuple[Level, Level]],
) -> None:
    alert = NEW
    for now, (level, slack) in enumerate(levels):
        hold = max(level, slack)
        alert = update_state(alert, finding(level, hold), now)
        assert level <= alert.level <= hold
